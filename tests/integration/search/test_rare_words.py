"""Rare words are looked up by a plan that is made once: the same pages as by one made for each search."""

from uuid import UUID

import orjson
import pytest

from evosense.db.tenancy import Actor, tenant_transaction
from evosense.search.models import MessageFilter, Position
from evosense.search.repository import find_messages
from evosense.search.terms import parse
from evosense.search.vocabulary import relearn

# "comum" in 600, "metade" in 300, "dezena" in 60, "cinquenta" in 12, "sozinho" in one; two were sent each minute.
_FILL = """
with heard as (
    insert into app.message (tenant_id, id, connection_id, external_id, from_me, direction, chat_identity_id, chat_kind,
                             type, sent_at, sent_at_source, received_at)
    select %(t)s, gen_random_uuid(), %(t)s, n::text, false, 'in', %(t)s, 'individual', 'text',
           timestamptz '2026-11-20 12:00Z' + make_interval(mins => n / 2), 'live', now()
    from generate_series(1, 600) as n
    returning tenant_id, id, external_id::integer as n
)
insert into app.message_body (tenant_id, message_id, text, redaction_version, deleted_at)
select
    h.tenant_id,
    h.id,
    concat_ws(
        ' ', 'comum', case when h.n %% 2 = 0 then 'metade' end, case when h.n %% 10 = 0 then 'dezena' end,
        case when h.n %% 50 = 0 then 'cinquenta' end, case when h.n = 100 then 'sozinho' end
    ),
    1,
    case when h.n = 200 then now() end
from heard as h
"""


@pytest.fixture
async def heard(pipeline_pool, tenant_id):
    async with pipeline_pool.connection() as connection:
        await connection.execute(_FILL, {"t": tenant_id})


async def pages(api_pool, tenant_id: UUID, words: str, wanted: MessageFilter) -> list[tuple[bytes, str | None]]:
    """All pages of seven."""
    seen: list[tuple[bytes, str | None]] = []
    before = None
    while not seen or before:
        async with tenant_transaction(api_pool, Actor(tenant_id, None, "analyst")) as connection:
            page = await find_messages(connection, tenant_id, words, wanted, before=before, page_size=7)
        seen.append((page.items, page.next_page))
        before = Position.decode(page.next_page) if page.next_page else None
    return seen


async def few_hold(
    api_pool,
    tenant_id: UUID,
    words: str,
) -> bool:
    async with tenant_transaction(api_pool, Actor(tenant_id, None, "analyst")) as connection:
        terms = orjson.dumps(parse(words)).decode()
        cursor = await connection.execute(
            "select app.few_hold(%s, app.terms_query(%s::jsonb, false))", (tenant_id, terms)
        )
        return (await cursor.fetchone())[0]


@pytest.mark.usefixtures("heard")
async def test_the_pages_are_the_same(api_pool, pipeline_pool, tenant_id):
    asked = [
        (words, wanted)
        for words in ("comum", "dezena", "cinquenta", "sozinho", "nenhures", "dezena metade", "dezena -cinquenta",
                      '"dezena cinquenta"', "dez*", "dezena or sozinho", "-dezena", "de", "dezena cinquentas")
        for wanted in (MessageFilter(), MessageFilter(direction="in"), MessageFilter(direction="out"))
    ]  # fmt: skip
    planned_anew = [await pages(api_pool, tenant_id, *one) for one in asked]
    await relearn(pipeline_pool, tenant_id)
    assert [await pages(api_pool, tenant_id, *one) for one in asked] == planned_anew
    lengths = dict(zip(asked, map(len, planned_anew), strict=True))
    assert lengths["dezena", MessageFilter()] == 9  # 59 that are not deleted


@pytest.mark.usefixtures("heard")
async def test_which_words_few_messages_hold(api_pool, pipeline_pool, tenant_id):
    assert not await few_hold(api_pool, tenant_id, "sozinho")  # nobody knows without a vocabulary
    await relearn(pipeline_pool, tenant_id)
    told = {
        "sozinho": True, "dezena": True, "metade": False, "comum": False, "nenhures": True,
        # All of them must be there: one rare word is enough.
        "comum dezena": True, '"metade dezena"': True, "comum metade": False,
        # Each of these may bring many: an alternative, a beginning, what is absent, what no vocabulary holds.
        "dezena or comum": False, "dez*": False, "dezena -comum": False, "2024": False, "12345 dezena": True,
    }  # fmt: skip
    assert {words: await few_hold(api_pool, tenant_id, words) for words in told} == told


@pytest.mark.usefixtures("heard")
async def test_a_word_that_became_common_since_last_night(api_pool, pipeline_pool, tenant_id):
    await relearn(pipeline_pool, tenant_id)
    async with pipeline_pool.connection() as connection:
        await connection.execute(
            "update app.message_body set text = text || ' dezena' where tenant_id = %s and text not like '%%dezena%%'",
            (tenant_id,),
        )
    assert await few_hold(api_pool, tenant_id, "dezena")  # so it is believed to be
    found = [message for items, _ in await pages(api_pool, tenant_id, "dezena", MessageFilter())
             for message in orjson.loads(items)]  # fmt: skip
    times = [message["sent_at"] for message in found]
    assert (len(found), times) == (599, sorted(times, reverse=True))
