"""Listing and full text: what is found, in which order, on which page, and whose."""

import functools
import json
from datetime import timedelta

import psycopg
import pytest

from evosense.db.tenancy import Actor, tenant_transaction
from evosense.errors import InvalidInput
from evosense.search.models import MessageFilter, Position
from evosense.search.repository import find_messages, list_messages, timeline
from tests.integration.search.corpus import START, Chat


@pytest.fixture
async def chat(pipeline_pool, tenant_id):
    async with pipeline_pool.connection() as connection:
        await connection.set_autocommit(True)
        yield await Chat(connection, tenant_id).open()


@pytest.fixture
async def other_chat(pipeline_pool, other_tenant_id):
    async with pipeline_pool.connection() as connection:
        await connection.set_autocommit(True)
        yield await Chat(connection, other_tenant_id).open()


def texts(page) -> list[str]:
    return [item["text"] for item in json.loads(page.items)]


async def find(api_pool, tenant, words, *, wanted=None, before=None, page_size=50):
    async with tenant_transaction(api_pool, Actor(tenant, None, "analyst")) as connection:
        return await find_messages(
            connection, tenant, words, wanted or MessageFilter(), before=before, page_size=page_size
        )


async def listed(api_pool, tenant, *, wanted=None, before=None, page_size=50):
    async with tenant_transaction(api_pool, Actor(tenant, None, "analyst")) as connection:
        return await list_messages(connection, tenant, wanted or MessageFilter(), before=before, page_size=page_size)


async def test_accents_and_endings_do_not_matter(api_pool, chat, tenant_id):
    await chat.say("A ENTREGA está atrasadíssima, não chegou")
    await chat.say("Minhas entregas chegaram, obrigada")
    assert len(texts(await find(api_pool, tenant_id, "entrega"))) == 2
    assert texts(await find(api_pool, tenant_id, "nao atrasadissima")) == ["A ENTREGA está atrasadíssima, não chegou"]


async def test_a_phrase_and_without(api_pool, chat, tenant_id):
    await chat.say("segunda via do boleto")
    await chat.say("boleto da segunda parcela")
    assert texts(await find(api_pool, tenant_id, '"segunda via"')) == ["segunda via do boleto"]
    assert texts(await find(api_pool, tenant_id, "boleto -parcela")) == ["segunda via do boleto"]


async def test_any_word_when_no_message_holds_all(api_pool, chat, tenant_id):
    await chat.say("quero cancelar a internet")
    await chat.say("o técnico não veio")
    page = await find(api_pool, tenant_id, "cancelar técnico", page_size=1)
    assert texts(page) == ["o técnico não veio"]
    rest = await find(api_pool, tenant_id, "cancelar técnico", before=Position.decode(page.next_page), page_size=1)
    assert texts(rest) == ["quero cancelar a internet"]


async def test_an_excluding_query_never_widens(api_pool, chat, tenant_id):
    await chat.say("bom dia")
    assert texts(await find(api_pool, tenant_id, "boleto -parcela")) == []


async def test_odd_queries_find_nothing_and_do_not_fail(api_pool, chat, tenant_id):
    await chat.say("bom dia, tudo bem?")
    for words in ("", "   ", "de a o", "?!", "'", "a & | ! (", "\\", "%s", "tenant:x", "$1", "''::tsquery"):
        assert texts(await find(api_pool, tenant_id, words)) == []


async def test_deleted_messages_are_not_found_and_show_no_text(api_pool, chat, tenant_id):
    await chat.say("segredo apagado", deleted=True)
    assert texts(await find(api_pool, tenant_id, "segredo")) == []
    (item,) = json.loads((await listed(api_pool, tenant_id)).items)
    assert (item["text"], item["deleted"]) == (None, True)


async def test_another_tenants_words_find_nothing(api_pool, chat, other_chat, tenant_id):
    await other_chat.say("frase exata da outra empresa")
    assert texts(await find(api_pool, tenant_id, "frase exata da outra empresa")) == []
    assert texts(await find(api_pool, tenant_id, "tenant:" + str(other_chat.tenant_id))) == []
    assert texts(await listed(api_pool, tenant_id)) == []


async def test_a_foreign_chat_filters_to_nothing(api_pool, chat, other_chat, tenant_id):
    await chat.say("meu boleto")
    await other_chat.say("boleto alheio")
    wanted = MessageFilter(chat_id=other_chat.id)
    assert texts(await find(api_pool, tenant_id, "boleto", wanted=wanted)) == []
    assert texts(await listed(api_pool, tenant_id, wanted=wanted)) == []


@pytest.mark.parametrize("statement", ["find_messages", "rank_messages", "near_messages"])
async def test_the_functions_refuse_another_or_no_tenant(api_pool, tenant_id, other_tenant_id, statement):
    call = {
        "find_messages": "select app.find_messages(%s, '[]', false, null, null, null, 5)",
        "rank_messages": "select app.rank_messages(%s, '[]', false, null, null)",
        "near_messages": "select app.near_messages(%s, null, 'c1:x', null, null, 5)",
    }[statement]
    async with api_pool.connection() as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match=r"app\.tenant_id"):
            await connection.execute(call, (tenant_id,))
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match=r"app\.tenant_id"):
        async with tenant_transaction(api_pool, Actor(tenant_id, None, "admin")) as connection:
            await connection.execute(call, (other_tenant_id,))


def test_the_functions_are_nobody_elses(schema_url):
    with psycopg.connect(schema_url) as connection:
        rows = connection.execute(
            "select p.proname, pg_get_userbyid(p.proowner), p.prosecdef, p.proconfig::text, "
            "has_function_privilege('evosense_analyst', p.oid, 'execute') from pg_proc as p "
            "where p.proname in ('find_messages', 'rank_messages', 'near_messages') order by 1"
        ).fetchall()
    search_path = '{"search_path=app, pg_catalog, pg_temp"}'
    kept_plan = '{"search_path=app, pg_catalog, pg_temp",plan_cache_mode=force_generic_plan}'
    by_index = '{"search_path=app, pg_catalog, pg_temp",enable_sort=off,plan_cache_mode=force_generic_plan}'
    assert rows == [
        ("find_messages", "evosense_search", True, kept_plan, False),
        ("near_messages", "evosense_search", True, by_index, False),
        ("rank_messages", "evosense_search", True, search_path, False),
    ]


async def test_filters(api_pool, chat, tenant_id):
    await chat.say("um boleto ruim", score=(-0.8, 10))
    await chat.say("um boleto bom", score=(0.8, 90))
    await chat.say("um boleto da loja", direction="out")
    for ask in (lambda wanted: listed(api_pool, tenant_id, wanted=wanted),
                lambda wanted: find(api_pool, tenant_id, "boleto", wanted=wanted)):  # fmt: skip
        assert texts(await ask(MessageFilter(sentiment_max=-0.1))) == ["um boleto ruim"]
        assert texts(await ask(MessageFilter(sentiment_min=0.1))) == ["um boleto bom"]
        assert texts(await ask(MessageFilter(direction="out"))) == ["um boleto da loja"]
        assert texts(await ask(MessageFilter(chat_id=chat.id, direction="in"))) == ["um boleto bom", "um boleto ruim"]
        assert texts(await ask(MessageFilter(connection_id=chat.id))) == []
        window = MessageFilter(sent_from=START + timedelta(minutes=2), sent_until=START + timedelta(minutes=3))
        assert texts(await ask(window)) == ["um boleto bom"]
        assert texts(await ask(MessageFilter(satisfaction_max=50))) == ["um boleto ruim"]
        assert texts(await ask(MessageFilter(satisfaction_min=50))) == ["um boleto bom"]
        assert texts(await ask(MessageFilter(emotions=("neutro", "raiva")))) == ["um boleto bom", "um boleto ruim"]
        assert texts(await ask(MessageFilter(emotions=("raiva",)))) == []
        assert texts(await ask(MessageFilter(tones=("cordial",), sentiment_min=0))) == ["um boleto bom"]
        assert texts(await ask(MessageFilter(types=("audio",)))) == []
        assert len(texts(await ask(MessageFilter(types=("text", "audio"))))) == 3
        assert texts(await ask(MessageFilter(contact_id=chat.id))) == []


async def test_messages_as_figures_count_them(api_pool, chat, tenant_id):
    await chat.say("um boleto dito")
    await chat.say("um boleto em grupo", chat_kind="group")
    await chat.say("um boleto colado", message_type="sticker")
    await chat.say("um boleto revogado", deleted=True)
    groups, own = MessageFilter(chat_kinds=("group", "broadcast")), MessageFilter(chat_kinds=("individual",))
    for ask in (lambda wanted: listed(api_pool, tenant_id, wanted=wanted),
                lambda wanted: find(api_pool, tenant_id, "boleto", wanted=wanted)):  # fmt: skip
        assert texts(await ask(groups)) == ["um boleto em grupo"]
        assert "um boleto em grupo" not in texts(await ask(own))
        assert texts(await ask(MessageFilter(spoken=True))) == ["um boleto em grupo", "um boleto dito"]
        assert texts(await ask(MessageFilter(chat_kinds=("individual",), spoken=True))) == ["um boleto dito"]
    assert texts(await listed(api_pool, tenant_id, wanted=MessageFilter(spoken=False))) == [None, "um boleto colado"]
    assert texts(await find(api_pool, tenant_id, "boleto", wanted=MessageFilter(spoken=False))) == ["um boleto colado"]


async def everything(api_pool, tenant, *, before=None, page_size=50):
    return await timeline(api_pool, Actor(tenant, None, "analyst"), before=before, page_size=page_size)


@pytest.mark.parametrize("read", [listed, everything, functools.partial(find, words="mensagem")])
async def test_pages_hold_every_message_once_while_new_ones_come(api_pool, chat, tenant_id, read):
    expected = []
    for number in range(11):
        text = f"mensagem {number}"
        # Four share one instant: the id decides.
        await chat.say(text, sent_at=START if 3 <= number < 7 else None)
        expected.append(text)
    seen: list[str] = []
    before = None
    while True:
        page = await read(api_pool, tenant_id, before=before, page_size=3)
        seen += texts(page)
        await chat.say("mensagem nova")
        if page.next_page is None:
            break
        before = Position.decode(page.next_page)
    assert sorted(seen) == sorted(expected)
    assert seen[:4] == ["mensagem 10", "mensagem 9", "mensagem 8", "mensagem 7"]


@pytest.mark.parametrize("page", ["", "x", "WyJhIl0", "bnVsbA", "WzEsMl0", "é"])
def test_a_page_that_we_did_not_give_out_is_refused(page):
    with pytest.raises(InvalidInput):
        Position.decode(page)
