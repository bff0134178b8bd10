"""A message and its edit, stored in the same moment by two processes: whoever comes second finds the other's."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest

from evosense.db.database import AsyncPool
from evosense.messages.inbox import Inbox
from evosense.messages.models import Heard, Recipient
from tests.integration.messages.conftest import MARCOS, hear, text_message

Picture = Callable[[], dict[str, list[Any]]]
WAITING = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"


@asynccontextmanager
async def held_up(admin: psycopg.Connection, lock: str) -> AsyncGenerator[None]:
    """Every flush that comes to where `lock` is waits there, with what it has written uncommitted."""
    with admin.transaction():
        admin.execute(lock)
        yield


async def waiting(admin: psycopg.Connection, count: int) -> None:
    async with asyncio.timeout(10):
        while True:
            row = admin.execute(WAITING).fetchone()
            if row is not None and row[0] == count:
                return
            await asyncio.sleep(0.01)


def changes(recipient: Recipient, kind: str) -> Heard:
    key = {"id": "A", "remoteJid": MARCOS, "fromMe": False}
    if kind == "delete":
        return hear(recipient, "messages.delete", {**key, "status": "DELETED"})
    edited = {"key": key, "type": "MESSAGE_EDIT", "editedMessage": {"conversation": "depois"}}
    return hear(recipient, "messages.edited", {**edited, "timestampMs": "1795216230000"})


# Where a flush of a message, and one of a change, comes late: the days that it marks; when its connection was heard.
AFTER_THE_MESSAGE = "lock table app.dirty in access exclusive mode"
BEFORE_COMMIT = "lock table app.connection in exclusive mode"


@pytest.mark.parametrize("kind", ["edit", "delete"])
@pytest.mark.parametrize(
    ("first", "hold"), [("message", AFTER_THE_MESSAGE), ("message", BEFORE_COMMIT), ("change", BEFORE_COMMIT)]
)
async def test_they_meet_whoever_is_first(
    first: str,
    hold: str,
    kind: str,
    pipeline_pool: AsyncPool,
    recipient: Recipient,
    picture: Picture,
    admin_connection: psycopg.Connection,
) -> None:
    message, change = hear(recipient, "messages.upsert", text_message("A", "antes")), changes(recipient, kind)
    ordered = [message, change] if first == "message" else [change, message]
    async with held_up(admin_connection, hold):
        storing = []
        for number, heard in enumerate(ordered, 1):
            storing.append(asyncio.create_task(Inbox(pipeline_pool).store([heard])))
            if number == 1 or hold == BEFORE_COMMIT:
                await waiting(admin_connection, number)
        await asyncio.sleep(0.3)  # the second one goes as far as it can
    await asyncio.gather(*storing)
    (row,) = picture()["messages"]
    text, revision, deleted_at = row[11], row[12], row[14]
    if kind == "edit":
        assert (text, revision) == ("depois", 1)
    else:
        assert deleted_at is not None
    scored = [task for task in picture()["tasks"] if task[1] == "score"]
    assert len(scored) == 1 or kind == "delete"


async def test_many_at_once(
    pipeline_pool: AsyncPool, recipient: Recipient, picture: Picture, admin_connection: psycopg.Connection
) -> None:
    """Each message by one process and its edit by another, with nothing arranged."""
    key = {"remoteJid": MARCOS, "fromMe": False}
    pairs = [
        (
            hear(recipient, "messages.upsert", text_message(f"M{n}", "antes")),
            hear(recipient, "messages.edited", {
                "key": {**key, "id": f"M{n}"}, "type": "MESSAGE_EDIT",
                "editedMessage": {"conversation": "depois"}, "timestampMs": "1795216230000",
            }),
        )
        for n in range(150)
    ]  # fmt: skip
    one, other = Inbox(pipeline_pool), Inbox(pipeline_pool)
    for message, edit in pairs:
        await asyncio.gather(one.store([message]), other.store([edit]))
    assert {(row[11], row[12]) for row in picture()["messages"]} == {("depois", 1)}


async def test_edits_of_what_nobody_knows_do_not_stop_each_other(
    pipeline_pool: AsyncPool, recipient: Recipient, picture: Picture
) -> None:
    """Both reports of an edit come at once, by two webhooks, for a message from before we listened."""
    inboxes = [Inbox(pipeline_pool) for _ in range(4)]
    started = time.monotonic()
    for _ in range(5):
        await asyncio.gather(*(inbox.store([changes(recipient, "edit")]) for inbox in inboxes))
        await asyncio.gather(*(inbox.store([changes(recipient, "delete")]) for inbox in inboxes))
    assert time.monotonic() - started < 5 * 1.0  # a deadlock takes a second to be found
    assert len(picture()["changes"]) == 2
