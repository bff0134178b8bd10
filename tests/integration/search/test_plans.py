"""Full text uses its GIN index though row level security is on: counted by Postgres itself, in the API's role."""

from uuid import UUID

from evosense.db.tenancy import Actor, tenant_transaction
from evosense.search.models import MessageFilter
from evosense.search.models_in_use import SearchModel, query_vector
from evosense.search.rank import Query, rank_messages
from evosense.search.repository import find_messages
from tests.integration.search.corpus import EMBEDDER, Chat

_SCANS = """
select
    coalesce(sum(pg_stat_get_xact_numscans(i.indexrelid)) filter (where am.amname = 'gin'), 0)::int as gin,
    coalesce(sum(distinct pg_stat_get_xact_tuples_returned(t.oid)) filter (where am.amname = 'gin'), 0)::int as read
from pg_index as i
inner join pg_class as c on c.oid = i.indexrelid
inner join pg_class as t on t.oid = i.indrelid
inner join pg_am as am on am.oid = c.relam
where t.relname like 'message_body_p%%'
"""


async def scans(connection) -> tuple[int, int]:
    """Look-ups in GIN indexes and rows read in sequence that this session has made and not yet reported."""
    return await (await connection.execute(_SCANS)).fetchone()


async def fill(pipeline_pool, tenant_id: UUID) -> None:
    """4,000 messages, of which one holds a rare word; statistics are up to date."""
    async with pipeline_pool.connection() as connection:
        chat = await Chat(connection, tenant_id).open()
        await connection.execute(
            "insert into app.message (tenant_id, id, connection_id, external_id, from_me, direction, chat_identity_id, "
            "chat_kind, type, sent_at, sent_at_source, received_at) "
            "select %s, gen_random_uuid(), %s, n::text, false, 'in', %s, 'individual', 'text', "
            "now() - make_interval(mins => n), 'live', now() from generate_series(1, 4000) as n",
            (tenant_id, chat.connection_id, chat.identity_id),
        )
        await connection.execute(
            "insert into app.message_body (tenant_id, message_id, text, redaction_version) "
            "select m.tenant_id, m.id, case m.external_id when '3000' then 'jabuticaba' else 'pedido ' || "
            "(hashtext(m.external_id) %% 700) end, 1 from app.message as m where m.tenant_id = %s",
            (tenant_id,),
        )


async def test_a_rare_word_is_looked_up_in_gin(api_pool, pipeline_pool, admin_connection, tenant_id):
    await fill(pipeline_pool, tenant_id)
    admin_connection.execute("analyze app.message, app.message_body, app.message_score")
    async with tenant_transaction(api_pool, Actor(tenant_id, None, "analyst")) as connection:
        before = await scans(connection)
        page = await find_messages(connection, tenant_id, "jabuticaba", MessageFilter())
        after = await scans(connection)
    assert b"jabuticaba" in page.items
    assert (after[0] - before[0], after[1] - before[1]) == (1, 0)  # one look-up, no body read in sequence

    vector = await query_vector("hybrid", SearchModel(True, None, None), EMBEDDER, "jabuticaba")
    async with tenant_transaction(api_pool, Actor(tenant_id, None, "analyst")) as connection:
        before = await scans(connection)
        found = await rank_messages(connection, tenant_id, Query("jabuticaba", vector=vector))
        after = await scans(connection)
    assert found.hits[0]["text"] == "jabuticaba"
    # One look-up for all of the words, one for any of them.
    assert (after[0] - before[0], after[1] - before[1]) == (2, 0)


async def test_the_same_search_without_the_function_would_not_use_it(
    api_pool, pipeline_pool, admin_connection, tenant_id
):
    """Why the definer functions exist; when this fails, they can go."""
    await fill(pipeline_pool, tenant_id)
    admin_connection.execute("analyze app.message, app.message_body")
    async with tenant_transaction(api_pool, Actor(tenant_id, None, "analyst")) as connection:
        before = await scans(connection)
        await connection.execute(
            "select message_id from app.message_body where tenant_id = %s and tsv @@ to_tsquery('jabuticab')",
            (tenant_id,),
        )
        after = await scans(connection)
    assert after[0] - before[0] == 0
