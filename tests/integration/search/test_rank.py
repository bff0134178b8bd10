"""Ranked search: what leads, what is forgiven, what is marked, and pages that hold everything once."""

import pytest

from evosense.db.tenancy import Actor, tenant_transaction
from evosense.errors import InvalidInput, QuotaExceeded, UpstreamTransient
from evosense.search.models import MessageFilter, RankPosition
from evosense.search.models_in_use import SearchModel, embedder_of, query_vector, search_model
from evosense.search.rank import Query, rank_messages
from evosense.search.vocabulary import relearn
from tests.integration.search.corpus import EMBEDDER, Chat

LEXICAL = SearchModel(has_embeddings=True, config_hash=None, related_above=0.35)


@pytest.fixture
async def chat(pipeline_pool, tenant_id):
    async with pipeline_pool.connection() as connection:
        await connection.set_autocommit(True)
        yield await Chat(connection, tenant_id).open()


async def search(api_pool, tenant, words, *, mode="text", after=None, limit=20, **rest):
    vector = await query_vector(mode, LEXICAL, EMBEDDER, words)
    async with tenant_transaction(api_pool, Actor(tenant, None, "analyst")) as connection:
        asked = Query(words, mode, vector, **rest)
        return await rank_messages(connection, tenant, asked, after=after, page_size=limit)


def texts(page) -> list[str]:
    return [hit["text"] for hit in page.hits]


async def test_accents_are_folded_both_ways(api_pool, chat, tenant_id):
    await chat.say("Preciso de um ORÇAMENTO, é pra hoje")
    await chat.say("ola, qual o orcamento?")
    for words in ("orcamento", "orçamento", "ORÇAMENTOS"):
        assert len(texts(await search(api_pool, tenant_id, words))) == 2


async def test_a_rare_word_and_a_short_message_lead(api_pool, chat, tenant_id):
    await chat.say("o pedido de jabuticaba que eu fiz ontem à noite pelo site da loja ainda está parado em análise")
    await chat.say("pedido de jabuticaba")
    for number in range(8):
        await chat.say(f"pedido atrasado {number}")
    found = texts(await search(api_pool, tenant_id, "pedido jabuticaba lilás", limit=3))
    assert found[0] == "pedido de jabuticaba"
    assert found[1].startswith("o pedido de jabuticaba")


async def test_a_long_message_is_long_although_it_repeats_itself(api_pool, chat, tenant_id):
    await chat.say("boleto da parcela vencida")
    await chat.say("boleto da parcela " + "vencida " * 20)
    for number in range(8):
        await chat.say(f"pedido atrasado {number}")
    found = texts(await search(api_pool, tenant_id, "boleto parcela", limit=2))
    assert found[0] == "boleto da parcela vencida"
    assert found[1].startswith("boleto da parcela vencida vencida")


async def test_a_mistyped_word_is_corrected_from_the_tenants_own_words(api_pool, pipeline_pool, chat, tenant_id):
    for one in (chat, await Chat(chat.connection, tenant_id, connection_id=chat.connection_id).open()):
        await one.say("quero falar sobre o reembolso da compra")
    assert texts(await search(api_pool, tenant_id, "reenbolso")) == []
    assert await relearn(pipeline_pool, tenant_id) > 0
    for slip in ("reenbolso", "rembolso", "reembolos", "reembolsso", "REEMBOLZO"):
        page = await search(api_pool, tenant_id, slip)
        assert (slip, page.matched, len(page.hits)) == (slip, "corrected", 2)
        assert [piece["text"] for piece in page.hits[0]["highlights"] if piece["match"]] == ["reembolso"]
    assert texts(await search(api_pool, tenant_id, "xyzwvut")) == []


async def test_beside_a_right_word_a_mistyped_one_counts_too(api_pool, pipeline_pool, chat, tenant_id):
    """With likeness any word will do: the right one alone must not be taken for what was asked."""
    for one in (chat, await Chat(chat.connection, tenant_id, connection_id=chat.connection_id).open()):
        await one.say("o pedido chegou", embed=True)
        await one.say("o técnico está atrasado", embed=True)
    await chat.say("o pedido está atrasado, e ninguém me responde por que ele não saiu daí", embed=True)
    await relearn(pipeline_pool, tenant_id)
    page = await search(api_pool, tenant_id, "pdido atrasado", mode="hybrid", limit=2)
    assert (page.matched, texts(page)[0][:24]) == ("corrected", "o pedido está atrasado, ")
    rest = await search(
        api_pool, tenant_id, "pdido atrasado", mode="hybrid", after=RankPosition.decode(page.next_page or "")
    )
    assert (rest.matched, len(rest.hits)) == ("corrected", 3)
    assert (await search(api_pool, tenant_id, "pedido atrasado", mode="hybrid")).matched == "all"


async def test_a_vocabulary_forgets_what_was_erased(admin_connection, pipeline_pool, chat, tenant_id):
    other = await Chat(chat.connection, tenant_id, connection_id=chat.connection_id).open()
    ids = [await one.say("segredo jabuticaba") for one in (chat, other)]
    await relearn(pipeline_pool, tenant_id)
    count = (
        "select (select count(*) from app.search_word where word like 'jabuticab%'),"
        " (select count(*) from app.search_form where form like 'jabuticab%')"
    )
    assert admin_connection.execute(count).fetchone() == (1, 1)
    admin_connection.execute("update app.message_body set text = null where message_id = any(%s)", (ids,))
    await relearn(pipeline_pool, tenant_id)
    assert admin_connection.execute(count).fetchone() == (0, 0)


async def test_phrase_prefix_or_and_without(api_pool, chat, tenant_id):
    await chat.say("segunda via do boleto")
    await chat.say("boleto da segunda parcela")
    await chat.say("tendas para alugar")
    for words, expected in {
        '"segunda via"': {"segunda via do boleto"},
        "bole* -parcela": {"segunda via do boleto"},
        "parcela or tendas": {"boleto da segunda parcela", "tendas para alugar"},
        "parcela ou tendas": {"boleto da segunda parcela", "tendas para alugar"},
        # "tenant:…" stands in every message's index entry and is nobody's word.
        "ten*": {"tendas para alugar"},
        "tenant*": set(),
        "te*": set(),
        "-boleto": set(),
    }.items():
        assert (words, set(texts(await search(api_pool, tenant_id, words)))) == (words, expected)


async def test_what_is_unwanted_is_not_found_by_likeness_either(api_pool, chat, tenant_id):
    for text in ("segunda via do boleto", "boleto da segunda parcela", "boleto vencido"):
        await chat.say(text, embed=True)
    for words, expected in {
        "boleto -parcela": {"segunda via do boleto", "boleto vencido"},
        'boleto -"segunda parcela"': {"segunda via do boleto", "boleto vencido"},
        "boleto -venc* -parcela": {"segunda via do boleto"},
        "segunda -boleto": set(),
        "-boleto": set(),
    }.items():
        found = texts(await search(api_pool, tenant_id, words, mode="hybrid"))
        assert (words, set(found)) == (words, expected)


async def test_any_word_is_the_last_resort_and_says_so(api_pool, chat, tenant_id):
    await chat.say("quero cancelar a internet")
    await chat.say("o técnico não veio")
    page = await search(api_pool, tenant_id, "cancelar técnico")
    assert (page.matched, set(texts(page))) == ("any", {"quero cancelar a internet", "o técnico não veio"})
    assert (await search(api_pool, tenant_id, "cancelar internet")).matched == "all"


async def test_finds_are_marked_in_the_text_as_it_was_written(api_pool, chat, tenant_id):
    await chat.say("Olá 🙂 o ORÇAMENTO <b>não</b> veio")
    (hit,) = (await search(api_pool, tenant_id, "orcamento")).hits
    assert "".join(piece["text"] for piece in hit["highlights"]) == hit["text"]
    assert [piece["text"] for piece in hit["highlights"] if piece["match"]] == ["ORÇAMENTO"]


@pytest.mark.parametrize("mode", ["text", "semantic", "hybrid"])
async def test_pages_hold_every_message_once_while_new_ones_come(api_pool, chat, tenant_id, mode):
    expected = {await chat.say(f"pedido número {number % 4} de {number}", embed=True) for number in range(11)}
    seen, after = [], None
    while True:
        page = await search(api_pool, tenant_id, "pedido", mode=mode, after=after, limit=3)
        seen += [hit["id"] for hit in page.hits]
        await chat.say("pedido pedido novo", embed=True)
        if page.next_page is None:
            break
        after = RankPosition.decode(page.next_page)
    assert len(seen) == len(set(seen))
    assert set(seen) == {str(one) for one in expected}


async def test_likeness_gives_as_many_as_were_asked_for_unless_only_related_ones(api_pool, chat, tenant_id):
    await chat.say("o boleto venceu", embed=True)
    for text in ("xpto", "zebra", "koala", "bom dia"):
        await chat.say(text, embed=True)
    await chat.say("isto foi apagado: boleto", embed=True, deleted=True)
    assert len(texts(await search(api_pool, tenant_id, "boleto vencido", mode="semantic", limit=5))) == 5
    (only,) = (
        await search(api_pool, tenant_id, "boleto vencido", mode="semantic", related_above=0.2, related_only=True)
    ).hits
    assert (only["text"], only["related"]) == ("o boleto venceu", True)


async def test_filters_hold_in_every_mode(api_pool, chat, tenant_id):
    await chat.say("pedido bom", embed=True, score=(0.8, 90))
    await chat.say("pedido ruim", embed=True, score=(-0.8, 5))
    await chat.say("pedido sem nota", embed=True)
    for mode in ("text", "semantic", "hybrid"):
        page = await search(api_pool, tenant_id, "pedido", mode=mode, wanted=MessageFilter(satisfaction_max=10))
        assert texts(page) == ["pedido ruim"]


async def test_a_plan_without_embeddings_searches_by_words(api_pool, admin_connection, chat, tenant_id):
    admin_connection.execute("update app.plan set embeddings = false where plan_id = 'pro'")
    async with tenant_transaction(api_pool, Actor(tenant_id, None, "analyst")) as connection:
        model = await search_model(connection, tenant_id)
    embedder = embedder_of(model, (EMBEDDER,))
    assert await query_vector("hybrid", model, embedder, "boleto") is None
    with pytest.raises(QuotaExceeded):
        await query_vector("semantic", model, embedder, "boleto")


async def test_a_model_that_is_away_leaves_the_words():
    unknown = SearchModel(has_embeddings=True, config_hash="c1:elsewhere", related_above=None)
    embedder = embedder_of(unknown, (EMBEDDER,))
    assert await query_vector("hybrid", unknown, embedder, "boleto") is None
    with pytest.raises(UpstreamTransient):
        await query_vector("semantic", unknown, embedder, "boleto")


@pytest.mark.parametrize("page", ["", "x", "WyJhIl0", "bnVsbA", "WzEsMl0", "é"])
def test_a_page_that_we_did_not_give_out_is_refused(page):
    with pytest.raises(InvalidInput):
        RankPosition.decode(page)


async def test_how_rare_a_word_is_the_vocabulary_tells_not_the_candidates(api_pool, pipeline_pool, chat, tenant_id):
    """Candidates hold one of the four rarest words, so among them the common fifth one looks rare."""
    for number in range(12):
        for word in ("acerola", "bacuri", "cupuacu", "graviola"):
            await chat.say(f"{word} {number}")
    for number in range(60):
        await chat.say(f"pedido {number}")
    await chat.say("acerola pedido")
    await chat.say("acerola bacuri")
    await relearn(pipeline_pool, tenant_id)
    page = await search(api_pool, tenant_id, "acerola bacuri cupuacu graviola pedido", limit=3)
    assert page.matched == "any"
    assert texts(page)[0] == "acerola bacuri"
