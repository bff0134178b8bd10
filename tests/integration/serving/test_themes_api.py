"""Themes: clusters with their words, impacts that sum to the score, what is emerging."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from evosense.db.database import connect_sync
from evosense.metrics.themes.build import build_themes, tenants_with_vectors
from evosense.metrics.themes.report import growth
from tests.integration.search.corpus import Chat

NOW = datetime.now(UTC).replace(microsecond=0)
TALK = {
    "entrega": ("minha entrega continua atrasada", (-0.7, 20)),
    "boleto": ("segunda via do boleto vencido", (0.0, 50)),
    "elogio": ("atendimento excelente parabéns equipe", (0.9, 95)),
}


@pytest.fixture
async def talk(pipeline_pool, people) -> None:
    """Twenty chats: deliveries and bills through the month, praise only in the last days, one secret name."""
    async with pipeline_pool.connection() as connection:
        for number in range(20):
            chat = await Chat(connection, people["ana"].tenant_id).open()
            for name, (text, mood) in TALK.items():
                ago = timedelta(days=number / 4) if name == "elogio" else timedelta(days=8 + number)
                await chat.say(text, score=mood, sent_at=NOW - ago, embed=True)
            if number == 0:
                await chat.say("entrega para Zuleica Zulmira", score=(-0.2, 40), sent_at=NOW, embed=True)


async def report(api, person):
    path = f"/api/tenants/{person.tenant_id}/themes?from={(NOW - timedelta(days=40)).date()}&to={NOW.date()}"
    response = await api.client.get(path, headers=api.headers(person))
    assert response.status_code == 200, response.text
    return response.json()


async def messages_of(api, person, theme_id):
    response = await api.client.get(f"/api/messages?theme_id={theme_id}&limit=200", headers=api.headers(person))
    assert response.status_code == 200, response.text
    return response.json()["items"]


async def test_themes_have_words_and_their_impacts_sum_to_the_score(api, people, talk, database_url):
    ana = people["ana"]
    before = await report(api, ana)
    assert [theme["theme_id"] for theme in before["themes"]] == [None]
    with connect_sync(database_url, "evosense_pipeline", autocommit=True) as connection:
        assert tenants_with_vectors(connection) == [ana.tenant_id]
        assert build_themes(connection, ana.tenant_id) >= 3
    found = await report(api, ana)
    assert found["scored"] == 61
    themes = [theme for theme in found["themes"] if theme["theme_id"]]
    named = {word for theme in themes for word in theme["words"]}
    assert {"atrasada", "boleto", "excelente"} <= named
    assert not {"zuleica", "zulmira"} & named
    assert sum(theme["impact"] for theme in found["themes"]) == pytest.approx(found["net_sentiment"])
    assert sum(theme["positive_points"] for theme in found["themes"]) == pytest.approx(found["net_sentiment"] + 100)
    assert sum(theme["negative_points"] for theme in found["themes"]) == pytest.approx(100 - found["net_sentiment"])
    emerging = [theme for theme in themes if theme["is_emerging"]]
    assert {word for theme in emerging for word in theme["words"]} >= {"excelente"}
    assert not any("boleto" in theme["words"] for theme in emerging)

    for theme in themes:
        assert len(await messages_of(api, ana, theme["theme_id"])) == theme["n"]
        assert await messages_of(api, people["bia"], theme["theme_id"]) == []
    both = f"/api/messages?theme_id={themes[0]['theme_id']}&q=boleto"
    assert (await api.client.get(both, headers=api.headers(ana))).status_code == 422

    with connect_sync(database_url, "evosense_pipeline", autocommit=True) as connection:
        build_themes(connection, ana.tenant_id)
    again = await report(api, ana)
    assert {theme["theme_id"] for theme in again["themes"]} == {theme["theme_id"] for theme in found["themes"]}


async def test_few_messages_make_no_themes(api, people, database_url):
    with connect_sync(database_url, "evosense_pipeline", autocommit=True) as connection:
        assert build_themes(connection, people["ana"].tenant_id) == 0
    assert await report(api, people["ana"]) == {
        "scored": 0, "net_sentiment": None, "themes": [], "prompt_hashes": [], "config_hashes": []
    }  # fmt: skip


def test_growth():
    assert growth(20, 100, 5, 100)[0] > 3
    assert growth(5, 100, 5, 100) == (0, 1)
    assert growth(3, 0, 5, 100) == (0, None)
