"""Conversations through the API: listed, filtered, read, closed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from serving.schemas.conversations import ConversationDetail, ConversationPage
from tests.integration.search.corpus import Chat

NOW = datetime.now(UTC).replace(microsecond=0)
LAST_WEEK = NOW - timedelta(days=7)


@pytest.fixture
async def chats(pipeline_pool, people) -> dict[str, Chat]:
    """One chat whose mood turns in its third message, one that waits for an answer, one of the other company."""
    async with pipeline_pool.connection() as connection:
        turning = await Chat(connection, people["ana"].tenant_id).open()
        moods = [(-0.8, 10), (-0.6, 20), (0.7, 80), (0.9, 95), (0.8, 90)]
        for place, mood in enumerate(moods):
            await turning.say("texto", score=mood, sent_at=LAST_WEEK + timedelta(minutes=place))
        answer = await turning.say("resolvido", direction="out", sent_at=LAST_WEEK + timedelta(minutes=10))
        await connection.execute(
            "insert into app.message_origin (tenant_id, message_id, author_type, user_id) values (%s, %s, 'agent', %s)",
            (people["ana"].tenant_id, answer, people["otto"].user_id),
        )
        waiting = await Chat(connection, people["ana"].tenant_id).open()
        await waiting.say("alguém aí?", score=(-0.4, 30), sent_at=NOW - timedelta(minutes=3))
        foreign = await Chat(connection, people["bia"].tenant_id).open()
        await foreign.say("jabuticaba", sent_at=NOW)
    return {"turning": turning, "waiting": waiting, "foreign": foreign}


async def listed(api, person, query: str = "") -> ConversationPage:
    response = await api.client.get(f"/api/conversations{query}", headers=api.headers(person))
    assert response.status_code == 200, response.text
    return ConversationPage.model_validate_json(response.content)


async def test_a_list_filtered_and_paged(api, people, chats):
    ana = people["ana"]
    page = await listed(api, ana)
    assert [item.chat_id for item in page.items] == [chats["waiting"].id, chats["turning"].id]
    old = page.items[1]
    assert (old.state, old.resolution, old.resolution_seconds) == ("closed", "implicit", 600)
    assert (old.trajectory, old.first_response_seconds) == ("improving", 600)
    assert old.satisfaction == pytest.approx(88.333333)
    for query, wanted in {
        "?unanswered=true": ["waiting"],
        "?unanswered=false": ["turning"],
        "?state=open": ["waiting"],
        "?state=closed": ["turning"],
        "?trajectory=improving": ["turning"],
        "?sentiment_max=0": ["waiting"],
        "?begun_by=agent": [],
        f"?responder_user_id={people['otto'].user_id}": ["turning"],
        f"?responder_user_id={ana.user_id}": [],
        f"?chat_id={chats['turning'].id}": ["turning"],
        f"?connection_id={chats['waiting'].connection_id}": ["waiting"],
        f"?to={(LAST_WEEK + timedelta(days=2)).date()}": ["turning"],
    }.items():
        shown = [item.chat_id for item in (await listed(api, ana, query)).items]
        assert (query, shown) == (query, [chats[name].id for name in wanted])
    first = await listed(api, ana, "?limit=1")
    second = await listed(api, ana, f"?limit=1&page={first.next_page}")
    assert [item.chat_id for item in (*first.items, *second.items)] == [chats["waiting"].id, chats["turning"].id]
    assert second.next_page is None


async def test_a_conversation_with_its_messages(api, people, chats, pipeline_pool):
    ana, turning = people["ana"], chats["turning"]
    item = (await listed(api, ana, f"?chat_id={turning.id}")).items[0]
    async with pipeline_pool.connection() as connection:
        await connection.execute(
            "insert into app.message_event (tenant_id, id, connection_id, external_id, kind, digest, text, occurred_at,"
            " occurred_at_source, received_at) select tenant_id, gen_random_uuid(), connection_id, external_id,"
            " 'reaction', 'x', '👍', now(), 'live', now() from app.message where id = %s",
            [item.turning_message_id],
        )
    path = f"/api/conversations/{item.turning_message_id}"  # any of its messages names it
    response = await api.client.get(path, headers=api.headers(ana))
    detail = ConversationDetail.model_validate_json(response.content)
    assert detail.conversation_id == item.conversation_id
    assert [message.sentiment for message in detail.messages] == [-0.8, -0.6, 0.7, 0.9, 0.8, None]
    assert [message.speaker for message in detail.messages][-1] == "agent"
    turned = next(message for message in detail.messages if message.id == detail.turning_message_id)
    assert (turned.sentiment, [event.text for event in turned.events]) == (0.7, ["👍"])
    assert detail.turning_change == pytest.approx(1.5)
    foreign = await api.client.get(path, headers=api.headers(people["bia"]))
    assert foreign.status_code == 404


async def test_closing_ends_a_conversation_and_the_next_message_begins_another(api, people, chats, pipeline_pool):
    otto, waiting = people["otto"], chats["waiting"]
    path = f"/api/conversations/{waiting.id}/close"
    closed = await api.client.post(path, headers=api.headers(otto))
    assert (closed.status_code, closed.json()["state"], closed.json()["resolution"]) == (200, "closed", "explicit")
    assert (await api.client.post(path, headers=api.headers(otto))).status_code == 409
    turning = await api.client.post(f"/api/conversations/{chats['turning'].id}/close", headers=api.headers(otto))
    assert turning.status_code == 409
    foreign = await api.client.post(f"/api/conversations/{chats['foreign'].id}/close", headers=api.headers(otto))
    assert foreign.status_code == 404
    async with pipeline_pool.connection() as connection:
        marks = await connection.execute("select cause from app.dirty where tenant_id = %s", [otto.tenant_id])
        assert await marks.fetchall() == [("close",)]
        waiting.connection = connection
        await waiting.say("voltei", sent_at=datetime.now(UTC) + timedelta(seconds=1))
    shown = (await listed(api, otto, f"?chat_id={waiting.id}")).items
    assert [(item.state, item.resolution) for item in shown] == [("open", None), ("closed", "explicit")]


async def test_a_page_that_nobody_gave_out(api, people):
    response = await api.client.get("/api/conversations?page=abc", headers=api.headers(people["ana"]))
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
