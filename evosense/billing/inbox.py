"""The queue of received Stripe events: taken per customer, under that customer's lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from evosense.billing.webhook_events import Hint, StripeEvent
from evosense.db.named_queries import load

_QUERIES = load("evosense.billing", "inbox.sql")
# Events of one customer that one turn works in; one look at Stripe answers all of them.
_EVENTS_A_TURN = 500

Outcome = Literal["done", "ignored", "quarantined"]


@dataclass(frozen=True, slots=True)
class QueuedEvent:
    """An event in the queue and how often it was tried."""

    event: StripeEvent
    attempts: int


async def due_customers(connection: AsyncConnection[Any], now: datetime, limit: int) -> list[str | None]:
    """Customers with events to work in, the longest waiting first; None stands for events that name none."""
    rows = await (await connection.execute(_QUERIES["due_customers"], {"now": now, "limit": limit})).fetchall()
    return [row[0] for row in rows]


async def count_due(connection: AsyncConnection[Any], now: datetime) -> int:
    """How many events wait to be worked in."""
    row = await (await connection.execute(_QUERIES["count_due"], {"now": now})).fetchone()
    return int(row[0]) if row else 0


async def try_lock(connection: AsyncConnection[Any], customer_id: str | None) -> bool:
    """Hold the customer until the transaction ends; False when another worker does."""
    row = await (await connection.execute(_QUERIES["lock_customer"], {"customer_id": customer_id})).fetchone()
    return bool(row and row[0])


async def wait_for_lock(connection: AsyncConnection[Any], customer_id: str) -> None:
    """Hold the customer until the transaction ends, after whoever holds it."""
    await connection.execute(_QUERIES["wait_for_customer"], {"customer_id": customer_id})


async def due_events(connection: AsyncConnection[Any], customer_id: str | None, now: datetime) -> list[QueuedEvent]:
    """The customer's events to work in, in the order Stripe made them."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_QUERIES["due_events"], {"customer_id": customer_id, "now": now, "limit": _EVENTS_A_TURN})
        rows = await cursor.fetchall()
    return [_queued(row) for row in rows]


async def finish(
    connection: AsyncConnection[Any], events: Sequence[QueuedEvent], state: Outcome, reason: str | None = None
) -> None:
    """Take events out of the queue for good."""
    if events:
        ids = [queued.event.event_id for queued in events]
        await connection.execute(_QUERIES["finish_events"], {"event_ids": ids, "state": state, "reason": reason})


async def postpone(connection: AsyncConnection[Any], events: Sequence[QueuedEvent], now: datetime, reason: str) -> None:
    """Try events again later: after 30 s, then twice as long each time, up to an hour."""
    if events:
        ids = [queued.event.event_id for queued in events]
        await connection.execute(_QUERIES["postpone_events"], {"event_ids": ids, "now": now, "reason": reason})


async def name_customer(connection: AsyncConnection[Any], queued: QueuedEvent, customer_id: str) -> None:
    """Say whose an event is that names no customer itself."""
    values = {"event_id": queued.event.event_id, "customer_id": customer_id}
    await connection.execute(_QUERIES["name_customer"], values)


async def release(connection: AsyncConnection[Any], customer_id: str) -> int:
    """Try events again that were set aside while nobody knew their customer; answers how many."""
    return (await connection.execute(_QUERIES["release_customer"], {"customer_id": customer_id})).rowcount


async def forget(connection: AsyncConnection[Any], before: datetime) -> int:
    """Drop finished events; answers how many."""
    return (await connection.execute(_QUERIES["forget_events"], {"before": before})).rowcount


def _queued(row: dict[str, Any]) -> QueuedEvent:
    attempts = row.pop("attempts")
    row["hint"] = msgspec.convert(row["hint"], Hint)
    return QueuedEvent(StripeEvent(**row), attempts)
