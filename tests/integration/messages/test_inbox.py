"""The inbox on a real Postgres: what is stored, exactly once, whatever the order, and nothing it must not store."""

import json
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from evosense.db.database import AsyncPool, connect
from evosense.evolution.events import decode_envelope, decode_records
from evosense.evolution.recorded import decode_frames
from evosense.messages.inbox import Inbox
from evosense.messages.models import Heard, Recipient
from evosense.messages.raw_events import unseal
from tests.integration.messages.conftest import MARCOS, NOW, hear, text_message

Picture = Callable[[], dict[str, list[Any]]]
WIRE = json.loads((Path(__file__).parents[2] / "fixtures/evolution/wire.json").read_text(encoding="utf-8"))
SENT = datetime(2026, 11, 20, 23, 10, tzinfo=UTC)


def wire_events(recipient: Recipient) -> list[Heard]:
    examples = WIRE["socketio_2_3_7"].values()
    return [Heard(recipient, "socketio", list(decode_frames(item["frames"], received_at=NOW))) for item in examples]


async def test_the_captured_frames_become_these_rows(inbox: Inbox, recipient: Recipient, picture: Picture) -> None:
    stored = await inbox.store(wire_events(recipient))
    rows = picture()
    texts = {row[0]: row[11] for row in rows["messages"]}
    assert texts["3EB0AAAA0001"] == "Bom dia! Vocês abrem amanhã?"  # edited
    assert texts["3EB0AAAA0003"] == "Olha o comprovante do Pix"
    assert texts["3EB0AAAA0004"] is None  # a voice message
    assert len(rows["messages"]) == stored.messages == 11
    deleted = {row[0] for row in rows["messages"] if row[14] is not None}
    assert deleted == {"3EB0AAAA0002"}
    kinds = {row[0]: row[3] for row in rows["messages"]}
    assert kinds["3EB0AAAA0007"] == "group"
    assert sorted(row[1] for row in rows["changes"]).count("edit") == 3  # two reports of one, and the API's
    assert {row[4] for row in rows["changes"] if row[1] == "status"} == {"DELIVERY_ACK", "READ"}
    assert [row[5] for row in rows["changes"] if row[1] == "reaction"] == ["❤️"]
    assert {row[0] for row in rows["media"]} == {"image", "audio"}
    assert {row[0] for row in rows["origins"]} == {"3EB0C0FFEE000001", "c7862e2b-f70f-4da2-a7d9-f148fc08fbc4"}
    scored = {row[0] for row in rows["tasks"] if row[1] == "score"}
    assert scored == {"3EB0AAAA0001", "3EB0AAAA0003", "3EB0AAAA0010", "3EB0AAAA0013", "EVO0002"}
    assert {row[1] for row in rows["dirty"]} == {date(2026, 11, 20)}


async def test_any_order_and_any_repetition_leave_the_same_rows(
    pipeline_pool: AsyncPool, recipient: Recipient, picture: Picture, admin_connection: psycopg.Connection
) -> None:
    inbox = Inbox(pipeline_pool)
    events = wire_events(recipient)
    await inbox.store(events)
    expected = picture()
    await inbox.store(events)
    assert picture() == expected
    for seed in range(4):
        _empty(admin_connection)
        inbox = Inbox(pipeline_pool)  # one remembers what it has stored
        order = random.Random(seed)
        shuffled = [*events, *events[:10]]
        order.shuffle(shuffled)
        for heard in shuffled if seed % 2 else [shuffled[:11], shuffled[11:]]:
            await inbox.store(heard if isinstance(heard, list) else [heard])
        got = picture()
        for table in expected:
            # A task of a message that was deleted before or after differs: work is not a fact.
            if table != "tasks":
                assert got[table] == expected[table], (table, seed)


def _empty(connection: psycopg.Connection) -> None:
    connection.execute(
        "truncate raw.evolution_event, app.message, app.message_body, app.message_event, app.message_origin, "
        "app.media_ref, app.identity, app.identity_link, app.contact, app.chat, app.ai_task, app.dirty"
    )


async def test_edits_apply_in_their_own_order(inbox: Inbox, recipient: Recipient, picture: Picture) -> None:
    def edit(text: str, second: int) -> Heard:
        data = {
            "key": {"id": "A", "remoteJid": MARCOS, "fromMe": False},
            "type": "MESSAGE_EDIT",
            "editedMessage": {"conversation": text},
            "timestampMs": str((1795216200 + second) * 1000),
        }
        return hear(recipient, "messages.edited", data)

    events = [edit("terceira", 30), hear(recipient, "messages.upsert", text_message("A", "primeira"))]
    for event in [*events, edit("segunda", 20), edit("terceira", 30)]:
        await inbox.store([event])
    (row,) = picture()["messages"]
    assert (row[11], row[12]) == ("terceira", 2)


async def test_an_edit_asks_for_a_new_score(
    inbox: Inbox, recipient: Recipient, admin_connection: psycopg.Connection
) -> None:
    await inbox.store([hear(recipient, "messages.upsert", text_message("A", "bom"))])
    edited = {
        "keyId": "A",
        "remoteJid": MARCOS,
        "fromMe": False,
        "message": {"editedMessage": {"conversation": "ruim"}},
    }
    await inbox.store([hear(recipient, "messages.update", edited)])
    rows = admin_connection.execute(
        "select kind, generation, prompt_hash, lane from app.ai_task order by kind"
    ).fetchall()
    assert rows == [("embed", 2, "", 0), ("score", 2, "", 0)]


async def test_who_is_scored(inbox: Inbox, recipient: Recipient, picture: Picture) -> None:
    group = {"participant": MARCOS}
    await inbox.store(
        [
            hear(recipient, "messages.upsert", text_message("IN", "oi")),
            hear(recipient, "messages.upsert", text_message("OUT", "olá", from_me=True)),
            hear(recipient, "messages.upsert", text_message("GROUP", "oi gente", chat="1203@g.us", **group)),
            hear(recipient, "messages.upsert", text_message("STATUS", "promo", chat="status@broadcast", **group)),
            hear(recipient, "messages.set", [text_message("OLD", "antes", at=1795000000)]),
        ]
    )
    rows = picture()
    assert [row[:3] for row in rows["tasks"] if row[1] == "score"] == [("IN", "score", 0), ("OLD", "score", 1)]
    chats = {row[0]: row[8] for row in rows["messages"]}
    assert all(row[3] == chats[row[0]].int % 64 for row in rows["tasks"])
    assert {row[0]: row[3] for row in rows["messages"]} == {
        "IN": "individual",
        "OUT": "individual",
        "OLD": "individual",
        "GROUP": "group",
        "STATUS": "broadcast",
    }


async def test_raw_events_open_to_what_was_heard_without_secrets(
    inbox: Inbox, recipient: Recipient, admin_connection: psycopg.Connection
) -> None:
    image = WIRE["socketio_2_3_7"]["upsert_image_caption"]
    heard = Heard(recipient, "socketio", list(decode_frames(image["frames"], received_at=NOW)))
    await inbox.store([heard])
    rows = admin_connection.execute("select id, payload, external_ids from raw.evolution_event").fetchall()
    envelope = unseal(recipient.keys, rows[0][0], bytes(rows[0][1]))
    assert envelope["data"]["key"]["id"] == "3EB0AAAA0003" == rows[0][2][0]
    assert "mediaKey" not in envelope["data"]["message"]["imageMessage"]
    (again,) = decode_envelope(envelope, received_at=NOW)
    assert again.text == "Olha o comprovante do Pix"


async def test_the_media_key_is_kept_where_the_media_is(
    inbox: Inbox, recipient: Recipient, admin_connection: psycopg.Connection
) -> None:
    image = WIRE["socketio_2_3_7"]["upsert_image_caption"]
    await inbox.store([Heard(recipient, "socketio", list(decode_frames(image["frames"], received_at=NOW)))])
    ((message_id, sealed),) = admin_connection.execute("select message_id, locator_enc from app.media_ref").fetchall()
    locator = json.loads(recipient.keys.decrypt("media_ref", message_id, bytes(sealed)))
    assert bytes.fromhex(locator["key"]) == bytes(range(31, -1, -1))


async def test_impossible_times_are_replaced(inbox: Inbox, recipient: Recipient, picture: Picture) -> None:
    ahead = int((NOW + timedelta(days=2)).timestamp())
    await inbox.store(
        [
            hear(recipient, "messages.upsert", text_message("FUTURE", "a", at=ahead)),
            hear(recipient, "messages.upsert", text_message("ANCIENT", "b", at=1_000_000)),
            hear(recipient, "messages.upsert", text_message("TRUE", "c")),
        ]
    )
    times = {row[0]: (row[5], row[6]) for row in picture()["messages"]}
    assert times == {"FUTURE": (NOW, "received"), "ANCIENT": (NOW, "received"), "TRUE": (SENT, "live")}


async def test_a_live_time_replaces_one_that_a_history_told(
    inbox: Inbox, recipient: Recipient, picture: Picture
) -> None:
    record = {**text_message("A", "depois", at=1795216900), "MessageUpdate": [{"status": "EDITED"}]}
    events = decode_records([record], instance="loja-b", received_at=NOW)
    await inbox.store([Heard(recipient, "findMessages", events)])
    await inbox.store([hear(recipient, "messages.upsert", text_message("A", "antes"))])
    (row,) = picture()["messages"]
    assert (row[5], row[6], row[11]) == (SENT, "live", "depois")


async def test_the_day_that_a_message_leaves_is_computed_again(
    inbox: Inbox, recipient: Recipient, admin_connection: psycopg.Connection
) -> None:
    """A history told Saturday (an edit moved it there); live it was Friday, 20:10 in São Paulo."""
    saturday = int((SENT + timedelta(hours=12)).timestamp())
    record = decode_records(
        [text_message("A", "oi", at=saturday)], instance="loja-b", received_at=NOW + timedelta(days=2)
    )
    await inbox.store([Heard(recipient, "find_messages", record)])
    days = "select distinct local_day from app.dirty order by 1"
    assert admin_connection.execute(days).fetchall() == [(date(2026, 11, 21),)]
    admin_connection.execute("truncate app.dirty")
    await inbox.store([hear(recipient, "messages.upsert", text_message("A", "oi"))])
    assert admin_connection.execute(days).fetchall() == [(date(2026, 11, 20),), (date(2026, 11, 21),)]
    admin_connection.execute("truncate app.dirty")
    await inbox.store([hear(recipient, "messages.upsert", text_message("A", "oi"))])
    assert admin_connection.execute(days).fetchall() == []


async def test_a_late_backlog_is_taken_on_its_own_days(
    inbox: Inbox, recipient: Recipient, admin_connection: psycopg.Connection
) -> None:
    """A phone that was off for three weeks sends all at once, as ordinary live messages with old times."""
    old = [int((SENT - timedelta(days=days)).timestamp()) for days in (1, 8, 21)]
    await inbox.store(
        [hear(recipient, "messages.upsert", text_message(f"OLD{at}", "atrasada", at=at), at=NOW) for at in old]
    )
    rows = admin_connection.execute("select sent_at, sent_at_source from app.message order by 1").fetchall()
    assert rows == [(datetime.fromtimestamp(at, UTC), "live") for at in sorted(old)]
    days = admin_connection.execute("select distinct local_day from app.dirty order by 1").fetchall()
    assert days == [(date(2026, 10, 30),), (date(2026, 11, 12),), (date(2026, 11, 19),)]
    assert admin_connection.execute("select count(*) from app.ai_task where kind = 'score'").fetchone() == (3,)


async def test_gateway_messages_without_id_are_all_kept(inbox: Inbox, recipient: Recipient, picture: Picture) -> None:
    from evosense.evolution.raw_gateway import decode_gateway_text

    frame = json.dumps(WIRE["raw_gateway"][0])
    for _ in range(2):
        heard = Heard(recipient, "raw_websocket", [decode_gateway_text(frame, received_at=NOW)])
        await inbox.store([heard])
        await inbox.store([heard])  # tried again, as after a commit whose answer got lost
    rows = picture()["messages"]
    assert (len(rows), len(picture()["raw"])) == (2, 2)
    assert all(row[0].startswith("raw:") and row[7] and row[6] == "received" for row in rows)


async def test_live_events_and_notifications_come_with_the_commit(
    inbox: Inbox, recipient: Recipient, database_url: str, admin_connection: psycopg.Connection
) -> None:
    listener = await connect(database_url, "evosense_api")
    async with listener:
        await listener.execute("listen evosense_live")
        await listener.execute("listen evosense_ai_task")
        await inbox.store(
            [
                hear(recipient, "messages.upsert", text_message("A", "oi")),
                hear(recipient, "messages.set", [text_message(f"H{n}", "oi", at=1795000000 + n) for n in range(5)]),
            ]
        )
        heard = [note.channel async for note in listener.notifies(timeout=5, stop_after=3)]
    assert sorted(heard) == ["evosense_ai_task", "evosense_ai_task", "evosense_live"]
    rows = admin_connection.execute("select type, payload from app.live_event order by seq").fetchall()
    assert [row[0] for row in rows] == ["message_received", "kpi_changed"]
    assert set(rows[0][1]) == {"message_id", "chat_id", "sent_at", "direction"}
    (chat_id,) = admin_connection.execute("select id::text from app.chat").fetchone() or ("",)
    assert rows[0][1]["chat_id"] == chat_id


async def test_connections_remember_when_they_were_heard(
    inbox: Inbox, recipient: Recipient, admin_connection: psycopg.Connection
) -> None:
    await inbox.store([hear(recipient, "messages.upsert", text_message("A", "oi"))])
    assert admin_connection.execute("select last_event_at from app.connection").fetchall() == [(NOW,)]


async def test_unknown_kinds_are_kept_raw_and_presence_is_not(
    inbox: Inbox, recipient: Recipient, picture: Picture
) -> None:
    stored = await inbox.store(
        [hear(recipient, "moon.landed", {"a": 1}), hear(recipient, "presence.update", {"id": MARCOS})]
    )
    assert stored.raw_events == 1
    assert [row[0] for row in picture()["raw"]] == ["unknown"]
