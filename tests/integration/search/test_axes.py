"""Axes: every vector of a large tenant has its place on them, whoever writes it and however often they are learned."""

import asyncio

import numpy as np
import pytest

from evosense.db.ids import new_id
from evosense.embeddings.repository import TextToEmbed, store_vectors
from evosense.embeddings.wire import from_binary
from evosense.search import axes, index_trial, tiers
from tests.integration.search.corpus import START
from tests.integration.search.vectors import MODEL, directions, favour, likes, nearest, store, store_again

_VECTORS = (
    "select halfvec_send(embedding), axes::real[] from app.message_embedding"
    " where tenant_id = %s and config_hash = %s order by message_id"
)
_AXES = "select halfvec_send(direction) from app.vector_axis where tenant_id = %s and config_hash = %s order by axis"


def read_axes(connection, tenant_id, model=MODEL) -> np.ndarray:
    rows = connection.execute(_AXES, (tenant_id, model)).fetchall()
    return from_binary([row[0] for row in rows], 768)


def farthest_off(connection, tenant_id, model=MODEL) -> float:
    """How far the worst place is from where the axes of now put its vector; infinite where one has no place."""
    rows = connection.execute(_VECTORS, (tenant_id, model)).fetchall()
    if any(place is None for _, place in rows):
        return float("inf")
    vectors = from_binary([vector for vector, _ in rows], 768)
    # The operator is the negative inner product.
    expected = -vectors @ read_axes(connection, tenant_id, model).T
    return float(np.abs(expected - np.array([place for _, place in rows])).max())


@pytest.fixture
async def large(pipeline_pool, tenant_id, monkeypatch):
    """600 vectors on a shelf of their own, searched by their places; with the messages' ids."""
    favour(monkeypatch, "axes")
    vectors = likes()
    ids = await store(pipeline_pool, tenant_id, vectors)
    await tiers.assign_shelves(pipeline_pool, above=100)
    (tier,) = await tiers.choose_tiers(pipeline_pool, index_above=300)
    assert (tier.tier, tier.recall >= 0.99, tier.reach.spare) == ("axes", True, 100)
    return ids, vectors


async def test_whatever_is_written_has_its_place_and_is_found(
    api_pool, pipeline_pool, admin_connection, tenant_id, other_tenant_id, large
):
    ids, vectors = large
    assert read_axes(admin_connection, tenant_id).shape == (128, 768)
    assert farthest_off(admin_connection, tenant_id) < 0.001
    more = likes(each=2, seed=100)
    new = await store(pipeline_pool, tenant_id, more)
    await store_again(pipeline_pool, tenant_id, [ids[3]], vectors[300:301] + 0.001)
    assert farthest_off(admin_connection, tenant_id) < 0.001
    assert (await nearest(api_pool, tenant_id, more[7]))[0] == new[7]
    assert ids[3] in await nearest(api_pool, tenant_id, vectors[300], 2)
    # Another company's vectors have none.
    await store(pipeline_pool, other_tenant_id, directions(3, 1))
    query = "select count(axes) from app.message_embedding where tenant_id = %s"
    assert admin_connection.execute(query, (other_tenant_id,)).fetchone() == (0,)
    assert read_axes(admin_connection, other_tenant_id).size == 0


async def test_few_and_many_are_found_as_by_comparing_with_all(api_pool, tenant_id, large):
    ids, vectors = large
    questions = np.vstack([vectors[::100], directions(3, 77)])
    truth = np.argsort(-(questions @ vectors.T), axis=1)
    for wanted in (20, 200, 600):
        for question, order in zip(questions, truth, strict=True):
            found = await nearest(api_pool, tenant_id, question, wanted)
            right = {ids[at] for at in order[:wanted]}
            assert len(found) == wanted
            assert len(right & set(found)) >= 0.95 * wanted
    # In order of likeness.
    assert (await nearest(api_pool, tenant_id, vectors[5], 200))[0] == ids[5]


async def test_search_reads_the_index_on_places(api_pool, admin_connection, tenant_id, large):
    ids, vectors = large
    await nearest(api_pool, tenant_id, vectors[1])
    await nearest(api_pool, tenant_id, vectors[1])
    definition = "select indexdef from pg_indexes where indexdef like '%ivfflat%'"
    assert "ivfflat (axes " in admin_connection.execute(definition).fetchone()[0]
    # A place that is wrong is believed: nothing else can have found it, or lost it.
    admin_connection.execute("update app.message_embedding set axes = null where message_id = %s", (ids[1],))
    assert ids[1] not in await nearest(api_pool, tenant_id, vectors[1])


async def test_what_is_being_written_while_axes_change_is_placed_on_the_new_ones(
    pipeline_pool, admin_connection, tenant_id, large
):
    place = {"tenant_id": tenant_id, "shelf": 16, "config_hash": MODEL}

    async def change() -> None:
        async with pipeline_pool.connection() as connection, connection.transaction():
            await axes.lay(connection, place, directions(128, 5))

    async def is_decided(changing: asyncio.Task[None]) -> None:
        waits = "select count(*) from pg_locks where not granted and relation::regclass::text like '%embedding_s00016'"
        for _ in range(3_000):
            if changing.done() or admin_connection.execute(waits).fetchone() != (0,):
                return
            await asyncio.sleep(0.01)
        pytest.fail("neither waits for the writer nor ends")

    async with pipeline_pool.connection() as writer:
        texts = [TextToEmbed(tenant_id, new_id(), "x", START.date())]
        await store_vectors(writer, texts, directions(1, 9), MODEL)  # not committed yet
        changing = asyncio.create_task(change())
        await is_decided(changing)
    await changing
    assert admin_connection.execute("select count(*) from app.message_embedding").fetchone() == (601,)
    assert farthest_off(admin_connection, tenant_id) < 0.001


async def test_axes_are_learned_anew_when_they_fit_no_longer(pipeline_pool, admin_connection, tenant_id, large):
    async def grow(vectors) -> np.ndarray:
        await store(pipeline_pool, tenant_id, vectors)
        (tier,) = await tiers.choose_tiers(pipeline_pool, index_above=300)
        assert tier.tier == "axes"
        assert farthest_off(admin_connection, tenant_id) < 0.001
        return read_axes(admin_connection, tenant_id)

    before = read_axes(admin_connection, tenant_id)
    np.testing.assert_array_equal(await grow(likes(each=40, seed=500)), before)
    # 60 directions that the first ones know nothing about.
    weights = np.random.default_rng(3).normal(size=(3_000, 60)).astype(np.float32)
    elsewhere = weights @ directions(60, 4)
    after = await grow(elsewhere / np.linalg.norm(elsewhere, axis=1, keepdims=True))
    assert np.abs(after - before).max() > 0.01
    entries = "select reltuples from pg_class where relname = app.vector_index_name(16, %s)"
    assert admin_connection.execute(entries, (MODEL,)).fetchone() == (4_000,)  # no former places among them


async def test_where_axes_cannot_tell_what_is_near_there_are_none(
    api_pool, pipeline_pool, admin_connection, tenant_id, monkeypatch
):
    favour(monkeypatch, "axes")
    vectors = directions(2_000, 1)  # alike in nothing
    ids = await store(pipeline_pool, tenant_id, vectors)
    await tiers.assign_shelves(pipeline_pool, above=100)
    (tier,) = await tiers.choose_tiers(pipeline_pool, index_above=300)
    assert tier.tier == "exact"
    assert read_axes(admin_connection, tenant_id).size == 0
    assert admin_connection.execute("select count(axes) from app.message_embedding").fetchone() == (0,)
    assert (await nearest(api_pool, tenant_id, vectors[9]))[0] == ids[9]


async def test_axes_that_no_longer_do_are_given_up(
    api_pool, pipeline_pool, admin_connection, tenant_id, large, monkeypatch
):
    ids, vectors = large
    monkeypatch.setattr(index_trial, "RECALL_WANTED", 1.1)
    (tier,) = await tiers.choose_tiers(pipeline_pool, index_above=300)
    assert (tier.tier, tier.reach) == ("exact", None)
    assert read_axes(admin_connection, tenant_id).size == 0
    stored = "select tier, width, spare from app.vector_tier"
    assert admin_connection.execute(stored).fetchall() == [("exact", None, None)]
    (new,) = await store(pipeline_pool, tenant_id, directions(1, 3))
    written = "select axes from app.message_embedding where message_id = %s"
    assert admin_connection.execute(written, (new,)).fetchone() == (None,)
    assert (await nearest(api_pool, tenant_id, vectors[11]))[0] == ids[11]
    assert (await nearest(api_pool, tenant_id, directions(1, 3)[0]))[0] == new


async def test_a_measuring_that_breaks_off_is_made_up_for(
    api_pool, pipeline_pool, admin_connection, tenant_id, large, monkeypatch
):
    async def breaks_off(*_args: object) -> None:
        raise ConnectionError

    ids, vectors = large
    await store(pipeline_pool, tenant_id, likes(each=40, seed=500))
    with monkeypatch.context() as broken:
        broken.setattr(tiers, "try_index", breaks_off)
        with pytest.raises(ConnectionError):
            await tiers.choose_tiers(pipeline_pool, index_above=300)
    assert admin_connection.execute("select tier from app.vector_tier").fetchall() == [("exact",)]
    assert (await nearest(api_pool, tenant_id, vectors[11]))[0] == ids[11]
    admin_connection.execute(
        "delete from app.message_embedding where message_id <> all(%s)", (ids,)
    )  # as many as before
    (tier,) = await tiers.choose_tiers(pipeline_pool, index_above=300)
    assert tier.tier == "axes"
    assert farthest_off(admin_connection, tenant_id) < 0.001


async def test_two_models_on_a_shelf_have_axes_of_their_own(
    api_pool, pipeline_pool, admin_connection, tenant_id, large
):
    ids, vectors = large
    turned = vectors[:, ::-1].copy()
    next_ids = await store(pipeline_pool, tenant_id, turned, "c1:next")
    assert farthest_off(admin_connection, tenant_id, "c1:next") == float("inf")  # they are on no axes of another model
    chosen = await tiers.choose_tiers(pipeline_pool, index_above=300)
    assert [tier.tier for tier in chosen] == ["axes", "axes"]
    for model, known, asked in ((MODEL, ids, vectors), ("c1:next", next_ids, turned)):
        assert farthest_off(admin_connection, tenant_id, model) < 0.001
        assert (await nearest(api_pool, tenant_id, asked[11], model=model))[0] == known[11]
    # The former model's last vector takes its axes along.
    admin_connection.execute("delete from app.message_embedding where config_hash = %s", (MODEL,))
    (left,) = await tiers.choose_tiers(pipeline_pool, index_above=300)
    assert (left.tier, left.shelf.config_hash) == ("axes", "c1:next")
    assert read_axes(admin_connection, tenant_id, MODEL).size == 0
    assert (await nearest(api_pool, tenant_id, turned[11], model="c1:next"))[0] == next_ids[11]


def test_axes_are_seen_by_who_searches_and_who_learns_them(admin_connection):
    readers = (
        "select distinct pg_get_userbyid(a.grantee) from pg_class as c cross join aclexplode(c.relacl) as a"
        " where c.oid = 'app.vector_axis'::regclass and a.grantee <> c.relowner order by 1"
    )
    assert admin_connection.execute(readers).fetchall() == [("evosense_pipeline",), ("evosense_search",)]
