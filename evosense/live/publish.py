"""Publishing live events: the last statement of a transaction.

Numbers must appear in the order of commit, else a reader that asks for "everything since 41" can miss a 42 that
commits late. So the tenants' cursors are locked at the very end, in id order, and held for the commit only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from psycopg import AsyncConnection

from evosense.db.arrays import array
from evosense.db.named_queries import load
from evosense.live.models import NewLiveEvent

_QUERIES = load(__package__ or "evosense.live")
# NOTIFY carries less than 8,000 bytes: one pair of tenant and number takes about 60.
_TENANTS_PER_NOTIFY = 100


async def publish(connection: AsyncConnection[Any], events: Sequence[NewLiveEvent]) -> dict[UUID, int]:
    """Number and store `events` and announce them at commit; answers each tenant's newest number.

    Call it last in the transaction: it locks the tenants' cursors until the commit.
    """
    if not events:
        return {}
    counts = Counter(event.tenant_id for event in events)
    newest = await _advance(connection, counts)
    upcoming = {tenant_id: newest[tenant_id] - count for tenant_id, count in counts.items()}
    seqs: list[int] = []
    for event in events:
        upcoming[event.tenant_id] += 1
        seqs.append(upcoming[event.tenant_id])
    await connection.execute(
        _QUERIES["insert_events"],
        {
            "tenant_ids": array(UUID, [event.tenant_id for event in events]),
            "seqs": array(int, seqs),
            "types": array(str, [event.type for event in events]),
            "topics": array(str, [event.topic for event in events]),
            "audiences": array(str, [event.audience for event in events]),
            "payloads": array(str, [orjson.dumps(event.payload).decode() for event in events]),
        },
    )
    pairs = [[str(tenant_id), seq] for tenant_id, seq in sorted(newest.items())]
    for start in range(0, len(pairs), _TENANTS_PER_NOTIFY):
        payload = orjson.dumps(pairs[start : start + _TENANTS_PER_NOTIFY]).decode()
        await connection.execute(_QUERIES["notify"], {"payload": payload})
    return newest


async def _advance(connection: AsyncConnection[Any], counts: Counter[UUID]) -> dict[UUID, int]:
    tenant_ids = sorted(counts)
    params = {"tenant_ids": tenant_ids, "counts": [counts[tenant_id] for tenant_id in tenant_ids]}
    rows = await (await connection.execute(_QUERIES["advance_cursors"], params)).fetchall()
    return {row[0]: int(row[1]) for row in rows}
