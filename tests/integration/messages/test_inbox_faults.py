"""Bad rows, lost leases, two at once: nothing lost, nothing twice."""

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from evosense.db.database import AsyncPool
from evosense.messages.inbox import Inbox
from evosense.messages.models import Recipient
from evosense.messages.raw_events import unseal
from tests.integration.messages.conftest import MARCOS, hear, text_message

Picture = Callable[[], dict[str, list[Any]]]


async def test_an_event_that_the_database_refuses_costs_only_itself(
    inbox: Inbox, recipient: Recipient, picture: Picture, admin_connection: psycopg.Connection
) -> None:
    admin_connection.execute("alter table app.message add constraint test_refuses check (type <> 'sticker')")
    sticker = text_message("BAD", "")
    sticker |= {"message": {"stickerMessage": {"mimetype": "image/webp"}}, "messageType": "stickerMessage"}
    events = [hear(recipient, "messages.upsert", text_message(f"M{number}", "oi")) for number in range(6)]
    events.insert(3, hear(recipient, "messages.set", [text_message("X", "oi"), sticker, text_message("Y", "oi")]))
    stored = await inbox.store(events)
    assert (stored.failed, stored.messages) == (1, 8)
    assert len(picture()["messages"]) == 8
    ((kind, subject, error),) = admin_connection.execute(
        "select kind, subject_id, error_class from app.failed_task"
    ).fetchall()
    assert (kind, error) == ("ingest", "CheckViolation")
    kept = admin_connection.execute("select payload from raw.evolution_event where id = %s", (subject,)).fetchone()
    assert kept is not None
    assert unseal(recipient.keys, subject, bytes(kept[0]))["data"]["key"]["id"] == "BAD"


async def test_what_was_rolled_back_counts_as_stored_by_nobody(
    inbox: Inbox, recipient: Recipient, admin_connection: psycopg.Connection
) -> None:
    admin_connection.execute(
        "insert into app.connection_lease values (%s, %s, 'other', 8, now() + interval '9 s')",
        (recipient.tenant_id, recipient.connection_id),
    )
    name = hear(recipient, "contacts.update", {"remoteJid": MARCOS, "pushName": "Marcos"})
    name.fence = 7
    assert (await inbox.store([name])).raw_events == 0  # written, and taken back
    name.fence = 8
    assert (await inbox.store([name])).raw_events == 1
    admin_connection.execute("alter table app.message_body add constraint test_refuses_body check (text <> 'quebra')")
    other = hear(recipient, "contacts.update", {"remoteJid": MARCOS, "pushName": "Vieira"})
    broken = hear(recipient, "messages.upsert", text_message("BAD", "quebra"))
    assert (await inbox.store([other, broken])).raw_events == 2
    rows = admin_connection.execute("select event from raw.evolution_event order by event").fetchall()
    assert rows == [("contacts.update",), ("contacts.update",), ("messages.upsert",)]


async def test_whoever_lost_the_lease_writes_nothing(
    inbox: Inbox, recipient: Recipient, picture: Picture, admin_connection: psycopg.Connection
) -> None:
    admin_connection.execute(
        "insert into app.connection_lease values (%s, %s, 'other', 8, now() + interval '9 s')",
        (recipient.tenant_id, recipient.connection_id),
    )
    heard = hear(recipient, "messages.upsert", text_message("A", "oi"))
    heard.fence = 7
    assert (await inbox.store([heard])).fenced == {recipient.connection_id}
    assert picture()["messages"] == []
    heard.fence = 8
    assert (await inbox.store([heard])).messages == 1


async def test_two_inboxes_may_store_the_same_at_once(
    pipeline_pool: AsyncPool, recipient: Recipient, picture: Picture
) -> None:
    events = [
        hear(recipient, "messages.upsert", text_message(f"M{n}", "oi", chat=f"55119777{n:05d}")) for n in range(300)
    ]
    shuffled = [list(events) for _ in range(4)]
    for number, batch in enumerate(shuffled):
        random.Random(number).shuffle(batch)
    inboxes = [Inbox(pipeline_pool) for _ in shuffled]
    await asyncio.gather(*(box.store(batch) for box, batch in zip(inboxes, shuffled, strict=True)))
    rows = picture()
    assert len(rows["messages"]) == len(rows["contacts"]) == len(rows["raw"]) == 300


async def test_what_json_can_hardly_say_is_kept(
    inbox: Inbox, recipient: Recipient, admin_connection: psycopg.Connection
) -> None:
    """Half a surrogate pair, and a number of more than 64 bits."""
    odd = {**text_message("A", "oi"), "odd": ["\ud83d", 2**80], "bytes": b"\xff"}
    stored = await inbox.store([hear(recipient, "messages.upsert", odd)])
    assert (stored.messages, stored.failed) == (1, 0)
    ((raw_id, payload),) = admin_connection.execute("select id, payload from raw.evolution_event").fetchall()
    assert json.loads(json.dumps(unseal(recipient.keys, raw_id, payload)))["data"]["odd"][0] == "?"


async def test_what_is_kept_in_no_form_is_not_received(
    inbox: Inbox, recipient: Recipient, picture: Picture, admin_connection: psycopg.Connection
) -> None:
    """Whoever heard it must know, to keep it and to come again."""
    events = [hear(recipient, "messages.upsert", text_message(name, "oi")) for name in ("A", "B", "C")]
    tables = "raw.evolution_event, app.message"
    admin_connection.execute(f"revoke insert on {tables} from evosense_pipeline")
    try:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await inbox.store(events)
    finally:
        admin_connection.execute(f"grant insert on {tables} to evosense_pipeline")
    assert picture()["messages"] == []
    assert (await inbox.store(events)).messages == 3
