"""Scenes are plenty, varied, in time with the business, repeatable, and hold personal data that validates."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from validate_docbr import CNPJ, CPF

from evosense.errors import NotFound
from evosense.testing.scenes import BUSINESSES, LiveScenes, SceneMessage, history
from evosense.testing.scenes.arcs import BOT_BEATS
from evosense.testing.scenes.book import business
from evosense.testing.scenes.slots import fake_cnpj, fake_cpf

DAY = 86_400.0
END = datetime(2026, 11, 20, 15, 30, tzinfo=UTC).timestamp()
ZONE = ZoneInfo("America/Sao_Paulo")


@cache
def two_months(key: str) -> tuple[SceneMessage, ...]:
    return tuple(history(key, "7", END - 60 * DAY, END))


def by_conversation(messages: tuple[SceneMessage, ...]) -> dict[int, list[SceneMessage]]:
    found: dict[int, list[SceneMessage]] = defaultdict(list)
    for message in messages:
        found[message.conversation].append(message)
    return found


@pytest.mark.parametrize("key", BUSINESSES)
def test_two_months_are_thousands_of_messages_written_in_under_two_seconds(key: str) -> None:
    begin = time.process_time()
    messages = history(key, "3", END - 60 * DAY, END)
    assert time.process_time() - begin < 2
    assert 3000 <= len(messages) <= 6000
    assert [one.at for one in messages] == sorted(one.at for one in messages)
    assert all(END - 60 * DAY <= one.at < END for one in messages)


@pytest.mark.parametrize("key", BUSINESSES)
def test_no_text_shows_the_grammar(key: str) -> None:
    for message in two_months(key):
        assert not set("[]{}|") & set(message.text), message.text
        assert message.text or message.kind in ("audio", "sticker", "revoke", "image"), message


def test_ten_thousand_messages_do_not_read_like_copies() -> None:
    source = LiveScenes("loja_roupas", "5", clock=lambda: END)
    messages = [source.next() for _ in range(10_000)]
    own = [one.text for one in messages if one.from_customer and one.kind == "text" and len(one.text) >= 25]
    assert len(own) > 2000
    assert len(set(own)) / len(own) > 0.9
    assert Counter(own).most_common(1)[0][1] < 15
    assert len({one.person.phone for one in messages}) > 250


def test_the_same_seed_tells_the_same_story_and_another_seed_another() -> None:
    again = history("clinica", "7", END - 3 * DAY, END)
    assert again == history("clinica", "7", END - 3 * DAY, END)
    other = history("clinica", "8", END - 3 * DAY, END)
    texts, others = ({one.text for one in story if len(one.text) > 40} for story in (again, other))
    assert len(texts & others) < 0.1 * len(texts)


def test_a_later_window_continues_the_same_story() -> None:
    whole = history("banco", "7", END - 5 * DAY, END)
    tail = history("banco", "7", END - 2 * DAY, END)
    assert tail == [one for one in whole if one.at >= END - 2 * DAY]


def test_moods_change_both_ways() -> None:
    turns: Counter[tuple[str, str]] = Counter()
    for key in BUSINESSES:
        for messages in by_conversation(two_months(key)).values():
            moods = [one.mood.tone for one in messages if one.mood]
            if len(moods) > 2:
                turns[moods[0], moods[-1]] += 1
                if "good" in moods and moods[-1] == "bad":
                    turns["good", "then bad"] += 1
    assert turns["bad", "good"] > 300
    assert turns["bad", "bad"] > 200
    assert turns["neutral", "good"] > 200
    assert turns["good", "then bad"] > 20


def test_moods_are_the_customers_and_inside_their_ranges() -> None:
    calm, troubled = {"alegria", "gratidao", "confianca", "surpresa", "neutro"}, {"confusao", "ansiedade", "medo"}
    emotions = calm | troubled | {"tristeza", "frustracao", "raiva"}
    messages = two_months("internet")
    for one in messages:
        if one.mood is None:
            assert not one.from_customer or one.kind in ("reaction", "edit", "revoke")
            continue
        assert one.from_customer
        assert -1 <= one.mood.sentiment <= 1
        assert 0 <= one.mood.satisfaction <= 100
        assert one.mood.emotion in emotions
    tones = Counter(one.mood.tone for one in messages if one.mood)
    assert min(tones.values()) > 0.15 * sum(tones.values())


def test_people_answer_in_business_hours_and_bots_always() -> None:
    book = business("clinica")
    hours = Counter(
        datetime.fromtimestamp(one.at, ZONE).hour
        for one in two_months("clinica")
        if one.author in ("agent", "api") and one.beat not in BOT_BEATS
    )
    assert sum(count for hour, count in hours.items() if not book.opens_h <= hour < book.closes_h) == 0
    assert any(one.beat == "fora_horario" for one in two_months("clinica"))


def test_weekdays_and_hours_have_their_own_volume() -> None:
    def weekday_volume(key: str) -> Counter[int]:
        return Counter(datetime.fromtimestamp(one.at, ZONE).weekday() for one in two_months(key))

    clinic, restaurant = weekday_volume("clinica"), weekday_volume("restaurante")
    assert clinic[0] > 3 * clinic[6]
    assert restaurant[5] > 2 * restaurant[0]
    hours = Counter(datetime.fromtimestamp(one.at, ZONE).hour for one in two_months("restaurante"))
    assert hours[19] > 5 * hours[4]


def test_customers_come_back_over_the_weeks() -> None:
    days: dict[str, set[int]] = defaultdict(set)
    for one in two_months("pet_shop"):
        if one.from_customer:
            days[one.person.phone].add(int(one.at // DAY))
    assert sum(1 for seen in days.values() if max(seen) - min(seen) > 14) > 60


@pytest.mark.parametrize("key", BUSINESSES)
def test_there_is_more_than_text(key: str) -> None:
    kinds = Counter(one.kind for one in two_months(key))
    for kind in ("audio", "image", "sticker", "reaction", "edit", "revoke", "document", "location"):
        assert kinds[kind] > 0, kind
    assert any(one.group is not None for one in two_months(key))
    assert any(one.quotes is not None for one in two_months(key))


def test_agents_write_on_the_phone_and_through_the_api() -> None:
    authors = Counter(one.author for one in two_months("academia"))
    assert authors["agent"] > 300
    assert authors["api"] > 300


def test_personal_data_is_marked_and_validates() -> None:
    kinds: Counter[str] = Counter()
    for key in BUSINESSES:
        for one in two_months(key):
            kinds.update(one.pii)
            if one.pii == ("cpf",) and one.kind == "text" and one.beat == "da_cpf":
                assert sum(letter.isdigit() for letter in one.text) >= 11
    assert kinds["cpf"] > 50
    assert kinds["email"] > 10
    assert kinds["pix"] > 20
    assert kinds["phone"] > 5
    rng = Random(4)
    for _ in range(200):
        assert CPF().validate(fake_cpf(rng))
        assert CPF().validate(fake_cpf(rng, dotted=False))
        assert CNPJ().validate(fake_cnpj(rng))


def test_live_conversations_interleave_and_keep_their_own_order() -> None:
    source = LiveScenes("internet", "9", clock=lambda: END, breadth=6)
    messages = [source.next() for _ in range(400)]
    changes = sum(1 for one, two in pairwise(messages) if one.conversation != two.conversation)
    assert changes > 200
    for conversation in by_conversation(tuple(messages)).values():
        assert [one.index for one in conversation] == sorted(one.index for one in conversation)


@pytest.mark.parametrize("key", BUSINESSES)
def test_every_plot_has_lines_for_every_beat_that_its_arc_needs(key: str) -> None:
    needed = {
        "pergunta": ("abre", "pergunta", "detalhe", "resposta", "fecha", "desiste"),
        "problema": ("abre", "pergunta", "detalhe", "resposta", "resolve", "alivio", "piora"),
        "elogio": ("abre", "resposta"),
    }
    book = business(key)
    assert {plot.kind for plot in book.plots} == set(needed)
    for plot in book.plots:
        for beat in needed[plot.kind]:
            assert book.lines(plot, beat), (plot.name, beat)


def test_an_unknown_business_is_named_with_those_that_exist() -> None:
    with pytest.raises(NotFound, match="loja_roupas"):
        business("padaria")
