"""The part of a flush that is about edits, deletions, statuses and reactions, and about bodies that follow them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg import AsyncConnection

from evosense.db.arrays import arrays
from evosense.db.named_queries import load
from evosense.messages.batch import Batch, ChangeRow
from evosense.messages.tasks import Settled

_QUERIES = load("evosense.messages", "changes.sql")


async def store_changes(connection: AsyncConnection[Any], batch: Batch) -> tuple[int, list[Settled]]:
    """Store changes and let bodies follow; answers how many were new, and the messages whose body changed.

    Messages that were stored just now are looked at too: their edits may have come before them.
    """
    new = 0
    if batch.changes:
        parameters = arrays(ChangeRow, batch.changes.values())
        new = len(await (await connection.execute(_QUERIES["insert_changes"], parameters)).fetchall())
    touched = batch.touched()
    if not touched:
        return new, []
    changed = await (await connection.execute(_QUERIES["changed_places"], place_arrays(touched))).fetchall()
    if not changed:
        return new, []
    rows = await (await connection.execute(_QUERIES["settle_bodies"], place_arrays(changed))).fetchall()
    return new, [Settled(*row) for row in rows]


def place_arrays(places: Iterable[tuple[Any, ...]]) -> dict[str, list[Any]]:
    """(tenant, connection, external id) of messages as parameters, sorted."""
    tenant_ids, connection_ids, external_ids = zip(*sorted(places), strict=True)
    return {
        "tenant_ids": list(tenant_ids),
        "connection_ids": list(connection_ids),
        "external_ids": list(external_ids),
    }
