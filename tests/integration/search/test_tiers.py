"""Shelves and tiers: a large tenant moves to a shelf of its own, an index is kept only where it measures well."""

import asyncio

from evosense.db.ids import new_id
from evosense.embeddings.repository import TextToEmbed, store_vectors
from evosense.search import index_trial, tiers
from tests.integration.search.corpus import START
from tests.integration.search.vectors import MODEL, directions, favour, likes, nearest, store


async def shelves(admin_connection) -> set:
    return set(admin_connection.execute("select tenant_id, shelf from app.message_embedding").fetchall())


async def test_a_large_tenant_moves_to_a_shelf_of_its_own(
    api_pool, pipeline_pool, admin_connection, tenant_id, other_tenant_id
):
    vectors = directions(300, 1)
    ids = await store(pipeline_pool, tenant_id, vectors)
    await store(pipeline_pool, other_tenant_id, directions(20, 2))
    before = await nearest(api_pool, tenant_id, vectors[7])
    assert before[0] == ids[7]
    assert await tiers.assign_shelves(pipeline_pool, above=100) == [tenant_id]
    assert await tiers.assign_shelves(pipeline_pool, above=100) == []
    own = {shelf for tenant, shelf in await shelves(admin_connection) if tenant == tenant_id}
    assert len(own) == 1
    assert min(own) >= 16
    assert await nearest(api_pool, tenant_id, vectors[7]) == before
    row_security = "select relrowsecurity and relforcerowsecurity from pg_class where relname = %s"
    assert admin_connection.execute(row_security, (f"message_embedding_s{min(own):05}",)).fetchone() == (True,)
    (again,) = await store(pipeline_pool, tenant_id, directions(1, 3))
    assert (await nearest(api_pool, tenant_id, directions(1, 3)[0]))[0] == again


async def test_vectors_that_are_written_while_a_tenant_moves_follow_it(pipeline_pool, admin_connection, tenant_id):
    await store(pipeline_pool, tenant_id, directions(300, 1))
    writers = [asyncio.create_task(store(pipeline_pool, tenant_id, directions(5, seed))) for seed in range(20)]
    assert await tiers.assign_shelves(pipeline_pool, above=100) == [tenant_id]
    await asyncio.gather(*writers)
    assert len(await shelves(admin_connection)) == 1
    assert admin_connection.execute("select count(*) from app.message_embedding").fetchone() == (400,)


async def test_an_index_is_kept_where_it_is_as_good(api_pool, pipeline_pool, admin_connection, tenant_id, monkeypatch):
    vectors = likes()
    ids = await store(pipeline_pool, tenant_id, vectors)
    await tiers.assign_shelves(pipeline_pool, above=100)
    indexes = "select count(*) from pg_indexes where indexdef like '%ivfflat%'"

    favour(monkeypatch, "lists")
    (tier,) = await tiers.choose_tiers(pipeline_pool, index_above=500)
    assert (tier.tier, tier.recall >= 0.99) == ("lists", True)
    assert admin_connection.execute(indexes).fetchone() == (1,)
    assert (await nearest(api_pool, tenant_id, vectors[11]))[0] == ids[11]
    # More than the index is asked for: exact, and never fewer than there are.
    assert len(await nearest(api_pool, tenant_id, vectors[11], 600)) == 600

    # Its statement, planned once, is a function for the search alone; without the index it finds the same.
    callers = (
        "select pg_get_userbyid(a.grantee) from pg_proc as p cross join aclexplode(p.proacl) as a"
        " where p.proname = app.vector_index_name(%s, %s) and a.privilege_type = 'EXECUTE' and a.grantee <> p.proowner"
    )
    place = (tier.shelf.shelf, MODEL)
    assert admin_connection.execute(callers, place).fetchall() == [("evosense_search",)]
    admin_connection.execute("select app.drop_vector_index(%s, %s)", place)
    assert (await nearest(api_pool, tenant_id, vectors[11]))[0] == ids[11]

    monkeypatch.setattr(index_trial, "RECALL_WANTED", 1.1)
    (tier,) = await tiers.choose_tiers(pipeline_pool, index_above=500)
    assert tier.tier == "exact"
    assert admin_connection.execute(indexes).fetchone() == (0,)
    assert (await nearest(api_pool, tenant_id, vectors[11]))[0] == ids[11]
    stored = "select tier, width, related_above between 0.2 and 0.81 from app.vector_tier"
    assert admin_connection.execute(stored).fetchall() == [("exact", None, True)]


async def test_a_deleted_message_loses_its_vector(pipeline_pool, admin_connection, tenant_id):
    message_id = new_id()
    async with pipeline_pool.connection() as connection:
        await connection.execute(
            "insert into app.message_body (tenant_id, message_id, text, redaction_version) values (%s, %s, 'x', 1)",
            (tenant_id, message_id),
        )
        await store_vectors(
            connection, [TextToEmbed(tenant_id, message_id, "x", START.date())], directions(1, 1), MODEL
        )
        await connection.execute(
            "update app.message_body set deleted_at = now() where tenant_id = %s and message_id = %s",
            (tenant_id, message_id),
        )
    assert await shelves(admin_connection) == set()


async def test_an_index_is_made_anew_when_the_tenant_has_grown(pipeline_pool, admin_connection, tenant_id, monkeypatch):
    monkeypatch.setattr(index_trial, "is_quicker", lambda _share: True)
    monkeypatch.setattr(index_trial, "RECALL_WANTED", 0.5)  # directions without any neighbours are the hardest
    monkeypatch.setattr(index_trial, "DEEP_RECALL_WANTED", 0.5)
    options = (
        "select c.reloptions from pg_class as c inner join pg_am as a on a.oid = c.relam where a.amname = 'ivfflat'"
    )
    await store(pipeline_pool, tenant_id, directions(400, 1))
    await tiers.assign_shelves(pipeline_pool, above=100)
    made = []
    for more in (0, 100, 500):
        if more:
            await store(pipeline_pool, tenant_id, directions(more, more))
        await tiers.choose_tiers(pipeline_pool, index_above=300)
        made += admin_connection.execute(options).fetchall()
    assert [lists for ((lists,),) in made] == ["lists=20", "lists=20", "lists=32"]


async def test_a_graph_is_tried_for_the_largest_and_kept_when_it_is_the_quickest(
    api_pool, pipeline_pool, admin_connection, tenant_id, monkeypatch
):
    vectors = likes()
    ids = await store(pipeline_pool, tenant_id, vectors)
    await tiers.assign_shelves(pipeline_pool, above=100)
    kinds = (
        "select a.amname from pg_class as c inner join pg_am as a on a.oid = c.relam"
        " where a.amname in ('hnsw', 'ivfflat')"
    )

    for tier, method in (("graph", "hnsw"), ("lists", "ivfflat"), ("axes", "ivfflat")):
        admin_connection.execute("delete from app.vector_tier where tenant_id = %s", (tenant_id,))
        favour(monkeypatch, tier)
        (chosen,) = await tiers.choose_tiers(pipeline_pool, index_above=300, graph_above=300)
        assert (chosen.tier, chosen.recall >= 0.99) == (tier, True)
        assert admin_connection.execute(kinds).fetchall() == [(method,)]
        assert (await nearest(api_pool, tenant_id, vectors[11]))[0] == ids[11]
        # Beyond a graph's width, and beyond what there is: exact.
        assert len(await nearest(api_pool, tenant_id, vectors[11], 600)) == 600
        (again,) = await tiers.choose_tiers(pipeline_pool, index_above=300, graph_above=300)
        assert again.tier == tier
