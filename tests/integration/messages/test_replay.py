"""Raw events driven again: the same rows come back, failed ones come for the first time, nothing comes twice."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from evosense.connections.repository import set_own_number
from evosense.db.database import AsyncPool
from evosense.evolution.events import decode_records
from evosense.evolution.raw_gateway import decode_gateway_text
from evosense.evolution.recorded import decode_frames
from evosense.messages.inbox import Inbox
from evosense.messages.models import Heard, Recipient
from evosense.messages.normalise import Normaliser
from evosense.messages.replay import Replayer, Scope
from evosense.tenants.keyring import Keyring
from evosense.tenants.keys import MasterKey
from tests.integration.messages.conftest import NOW, MakeRecipient, hear, text_message

Picture = Callable[[], dict[str, list[Any]]]
WIRE = json.loads((Path(__file__).parents[2] / "fixtures/evolution/wire.json").read_text(encoding="utf-8"))
ALL = Scope(NOW - timedelta(minutes=1), NOW + timedelta(minutes=1))
_ROWS = (
    "truncate app.message, app.message_body, app.message_event, app.message_origin, app.media_ref, app.identity, "
    "app.identity_link, app.contact, app.chat, app.ai_task, app.dirty"
)


@pytest.fixture
def replayer(pipeline_pool: AsyncPool, master_key: MasterKey) -> Replayer:
    return Replayer(pipeline_pool, Keyring(master_key))


def everything(recipient: Recipient) -> list[Heard]:
    heard = [
        Heard(recipient, "socketio", list(decode_frames(item["frames"], received_at=NOW)))
        for item in WIRE["socketio_2_3_7"].values()
    ]
    records = WIRE["http_2_3_7"]["findMessages_response"]["messages"]["records"]
    edited = {**text_message("EDITED", "depois"), "MessageUpdate": [{"status": "READ"}, {"status": "EDITED"}]}
    found = decode_records([*records, edited], instance="loja-b", received_at=NOW)
    heard.append(Heard(recipient, "find_messages", found))
    for frame in WIRE["raw_gateway"]:
        text = frame if isinstance(frame, str) else json.dumps(frame)
        heard.append(Heard(recipient, "raw_websocket", [decode_gateway_text(text, received_at=NOW)]))
    return heard


async def test_a_number_given_later_doubles_nothing(
    inbox: Inbox,
    recipient: Recipient,
    picture: Picture,
    replayer: Replayer,
    pipeline_pool: AsyncPool,
) -> None:
    own = "5511900000002"
    frame = {"type": "message", "chatId": "120363041234567890@g.us", "from": own, "body": "reunião às 15h"}
    event = decode_gateway_text(json.dumps(frame), received_at=NOW)
    await inbox.store([Heard(recipient, "raw_websocket", [event])])
    expected = picture()
    async with pipeline_pool.connection() as connection:
        await set_own_number(connection, recipient.keys, recipient.connection_id, own)
    assert (await replayer.replay(ALL)).messages == 0
    assert picture() == expected


async def test_what_was_heard_comes_back_as_it_was(
    inbox: Inbox, recipient: Recipient, picture: Picture, replayer: Replayer, admin_connection: psycopg.Connection
) -> None:
    await inbox.store(everything(recipient))
    expected = picture()
    again = await replayer.replay(ALL)
    assert (again.messages, again.changes, again.failed) == (0, 0, 0)
    assert again.events == len(expected["raw"])
    assert picture() == expected
    admin_connection.execute(_ROWS)
    await replayer.replay(ALL)
    got = picture()
    for table in expected:
        # Originals and media keys are the exceptions that the module names; tasks of deleted messages are none.
        if table not in ("tasks",):
            assert got[table] == expected[table], table


async def test_only_what_was_asked_for(
    inbox: Inbox,
    recipient: Recipient,
    make_recipient: MakeRecipient,
    other_tenant_id: Any,
    replayer: Replayer,
    admin_connection: psycopg.Connection,
) -> None:
    other = await make_recipient(other_tenant_id)
    await inbox.store([hear(recipient, "messages.upsert", text_message("A", "a"))])
    await inbox.store([hear(other, "messages.upsert", text_message("B", "b"))])
    await inbox.store([hear(recipient, "messages.upsert", text_message("C", "c"), at=NOW + timedelta(hours=1))])
    stored = "select external_id from app.message order by 1"
    for scope, expected in (
        (Scope(ALL.since, ALL.until, tenant_id=other_tenant_id), ["B"]),
        (Scope(ALL.since, ALL.until, connection_id=recipient.connection_id), ["A"]),
        (Scope(ALL.since, ALL.until, event="contacts.update"), []),
        (Scope(ALL.until, ALL.until + timedelta(days=1)), ["C"]),
        (Scope(ALL.since, ALL.until + timedelta(days=1)), ["A", "B", "C"]),
    ):
        admin_connection.execute(_ROWS)
        await replayer.replay(scope)
        assert [row[0] for row in admin_connection.execute(stored).fetchall()] == expected, scope


async def test_an_event_that_failed_is_stored_once_the_fault_is_mended(
    inbox: Inbox,
    recipient: Recipient,
    replayer: Replayer,
    admin_connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setitem(inbox._normaliser._writers, "message", broken)
        waited = datetime.now(UTC) - timedelta(days=3)  # the database was away since
        stored = await inbox.store([hear(recipient, "messages.upsert", text_message("A", "a"), at=waited)])
        assert (stored.failed, stored.messages) == (1, 0)
    with monkeypatch.context() as patch:
        patch.setattr(Normaliser, "_message", broken)
        still = Replayer(replayer._pool, replayer._keyring)
        assert (await still.replay_failed()).failed == 1
    tasks = "select attempts, replayed_at is not null from app.failed_task where kind = 'ingest'"
    assert admin_connection.execute(tasks).fetchall() == [(2, False)]
    done = await replayer.replay_failed(recipient.tenant_id)
    assert (done.events, done.messages, done.failed) == (1, 1, 0)
    assert admin_connection.execute(tasks).fetchall() == [(3, True)]
    assert (await replayer.replay_failed()).events == 0
    assert admin_connection.execute("select count(*) from raw.evolution_event").fetchone() == (1,)


async def test_scores_that_were_given_up_are_asked_for_again(
    inbox: Inbox, recipient: Recipient, replayer: Replayer, admin_connection: psycopg.Connection
) -> None:
    await inbox.store([hear(recipient, "messages.upsert", text_message("A", "a"))])
    admin_connection.execute("delete from app.ai_task")
    admin_connection.execute(
        "insert into app.failed_task (tenant_id, id, kind, subject_id, error_class, attempts) "
        "select tenant_id, gen_random_uuid(), 'score', id, 'timeout', 4 from app.message"
    )
    assert await replayer.ask_models_again() == 1
    assert admin_connection.execute("select kind, purpose from app.ai_task").fetchall() == [("score", "prod")]
    assert await replayer.ask_models_again() == 0
