"""Mistyped words: how many of a seeded list of slips are understood, and what is never touched."""

from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random

import pytest

from evosense.db.tenancy import Actor, tenant_transaction
from evosense.search.correct import correct
from evosense.search.terms import Term, parse
from evosense.search.vocabulary import relearn
from evosense.testing.scenes import history
from tests.integration.search.corpus import Chat, hear

_WORDS = 300
_DAYS = 12
_BOOKS = ("loja_roupas", "restaurante")
_KEYS = {
    letter: row[max(0, place - 1) : place] + row[place + 1 : place + 2]
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for place, letter in enumerate(row)
}


def slips(word: str, rng: Random) -> Iterator[str]:
    """A letter left out, two swapped, one doubled, and one of the neighbour's key, each at a place of chance."""
    at = rng.randrange(len(word))
    yield word[:at] + word[at + 1 :]
    at = rng.randrange(len(word) - 1)
    yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    at = rng.randrange(len(word))
    yield word[: at + 1] + word[at:]
    at = rng.randrange(len(word))
    yield word[:at] + rng.choice(_KEYS[word[at]]) + word[at + 1 :]


@pytest.fixture
async def heard(pipeline_pool, tenant_id):
    """Some weeks of two shops' messages, learned."""
    start = datetime(2026, 10, 1, tzinfo=UTC).timestamp()
    said = [
        (f"{book}:{message.group or message.person.phone}", message.text)
        for book in _BOOKS
        for message in history(book, "corrections", start, start + _DAYS * 86_400)
        if message.text
    ]
    async with pipeline_pool.connection() as connection:
        await hear(connection, tenant_id, said)
    await relearn(pipeline_pool, tenant_id)


async def corrected(api_pool, tenant, words: list[str]) -> dict[str, tuple[str, ...]]:
    """The words with the lexemes that are proposed instead, asked for a hundred at a time."""
    found: dict[str, tuple[str, ...]] = {}
    async with tenant_transaction(api_pool, Actor(tenant, None, "analyst")) as connection:
        for at in range(0, len(words), 100):
            terms = await correct(connection, tenant, [Term("word", word) for word in words[at : at + 100]])
            found |= {term.text: term.instead for term in terms}
    return found


def stems(connection, words) -> dict[str, str]:
    rows = connection.execute(
        "select w.word, coalesce((app.lexemes(w.word))[1], '') from unnest(%s::text[]) as w (word)", (list(words),)
    )
    return dict(rows.fetchall())


@pytest.mark.usefixtures("heard")
async def test_nearly_all_single_slips_are_understood(api_pool, admin_connection, tenant_id):
    forms = dict(
        admin_connection.execute(
            "select form, lexeme from app.search_form where length(form) >= 4 order by documents desc, form limit %s",
            (_WORDS,),
        ).fetchall()
    )
    held = {row[0] for row in admin_connection.execute(
        "select distinct unnest(tsvector_to_array(tsv)) from app.message_body"
    ).fetchall()}  # fmt: skip
    rng = Random("slips of the finger")
    typed = {slip: form for form in forms for slip in slips(form, rng) if slip != form}
    stem = stems(admin_connection, typed)
    proposed = await corrected(api_pool, tenant_id, list(typed))
    # A slip that makes a word which messages hold (or a stop word) finds those.
    asked = [slip for slip in typed if stem[slip] and stem[slip] not in held]
    assert len(asked) > 0.85 * len(typed)
    assert [slip for slip in typed if slip not in asked and proposed[slip]] == []
    places = [(*proposed[slip], forms[typed[slip]]).index(forms[typed[slip]]) for slip in asked]
    among_three = sum(place < len(proposed[slip]) for place, slip in zip(places, asked, strict=True))
    first = sum(place == 0 < len(proposed[slip]) for place, slip in zip(places, asked, strict=True))
    assert first >= 0.93 * len(asked)
    assert among_three >= 0.97 * len(asked)


@pytest.mark.usefixtures("heard")
async def test_a_word_that_some_message_holds_is_never_corrected(api_pool, admin_connection, tenant_id):
    words = [row[0] for row in admin_connection.execute(
        "select distinct p.token from app.message_body as b, ts_parse('default', app.fold(b.text)) as p "
        "where p.tokid in (1, 2)"
    ).fetchall()]  # fmt: skip
    assert len(words) > 1_000
    proposed = await corrected(api_pool, tenant_id, words)
    assert {word: lexemes for word, lexemes in proposed.items() if lexemes} == {}


async def test_the_words_that_fell_between_two_stems(api_pool, pipeline_pool, tenant_id):
    async with pipeline_pool.connection() as connection:
        text = "a entrega do pedido de água atrasou, pode ajudar?"
        await hear(connection, tenant_id, [("one", text), ("two", text)])
    await relearn(pipeline_pool, tenant_id)
    proposed = await corrected(api_pool, tenant_id, ["entrga", "pdido", "agoa", "ajuar", "aga", "(Entrgá?", "enttegga"])
    assert proposed == {
        "entrga": ("entreg",),
        "pdido": ("ped",),
        "agoa": ("agu",),
        "ajuar": ("ajud",),
        "aga": ("agu",),
        "(Entrgá?": ("entreg",),
        "enttegga": ("entreg",),
    }


async def test_phrases_beginnings_and_minus_words_are_left_as_they_are(api_pool, pipeline_pool, tenant_id):
    async with pipeline_pool.connection() as connection:
        await hear(connection, tenant_id, [("one", "segunda entrega"), ("two", "segunda entrega")])
    await relearn(pipeline_pool, tenant_id)
    typed = parse('"segunda entrga" entrg* -entrga entrga/segnda')
    async with tenant_transaction(api_pool, Actor(tenant_id, None, "analyst")) as connection:
        assert await correct(connection, tenant_id, typed) == typed
        (term,) = await correct(connection, tenant_id, parse("entrga"))
    assert term.instead == ("entreg",)


async def test_what_only_one_chat_says_is_nobodys_form(api_pool, pipeline_pool, admin_connection, tenant_id):
    async with pipeline_pool.connection() as connection:
        await connection.set_autocommit(True)
        chat = await Chat(connection, tenant_id).open()
        other = await Chat(connection, tenant_id, connection_id=chat.connection_id).open()
        # The same person by another address: a phone and its LID are one chat.
        again = await Chat(connection, tenant_id, connection_id=chat.connection_id, id=chat.id).open()
        for one in (chat, again):
            await one.say("aqui é Severina Jabuticabal, quero o reembolso <CPF:abcd> severina@quintal.com.br")
        await other.say("quero o reembolso <CPF:abcd>")
    await relearn(pipeline_pool, tenant_id)
    forms = admin_connection.execute("select form, documents from app.search_form order by form").fetchall()
    assert forms == [("quero", 3), ("reembolso", 3)]
    assert await corrected(api_pool, tenant_id, ["jabuticabl"]) == {"jabuticabl": ()}


async def test_a_tenants_words_are_no_others(api_pool, pipeline_pool, tenant_id, other_tenant_id):
    async with pipeline_pool.connection() as connection:
        await hear(connection, tenant_id, [("one", "jabuticaba"), ("two", "jabuticaba")])
    await relearn(pipeline_pool, tenant_id)
    assert await corrected(api_pool, other_tenant_id, ["jabuticba"]) == {"jabuticba": ()}
    async with tenant_transaction(api_pool, Actor(other_tenant_id, None, "analyst")) as connection:
        rows = await connection.execute("select 1 from app.search_form where tenant_id = %s", (tenant_id,))
        assert await rows.fetchall() == []
