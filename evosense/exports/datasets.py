"""The columns of each dataset, and its rows out of the database, some thousand at a time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Any, Final
from uuid import UUID

import pyarrow as pa
from psycopg import AsyncConnection

from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.exports.models import Dataset, Wanted

_QUERIES = load("evosense.exports", "datasets.sql")
BATCH_ROWS: Final = 2_000
Rows = Sequence[tuple[Any, ...]]
_TIME = pa.timestamp("us", tz="UTC")

SCHEMAS: Final[dict[Dataset, pa.Schema]] = {
    "messages": pa.schema(
        [
            ("message_id", pa.string()),
            ("chat_id", pa.string()),
            ("contact_id", pa.string()),
            ("connection_id", pa.string()),
            ("sent_at", _TIME),
            ("local_day", pa.date32()),
            ("direction", pa.string()),
            ("author", pa.string()),
            ("chat_kind", pa.string()),
            ("type", pa.string()),
            ("text", pa.string()),
            ("is_edited", pa.bool_()),
            ("is_deleted", pa.bool_()),
            ("sentiment", pa.float64()),
            ("satisfaction", pa.int32()),
            ("emotion", pa.string()),
            ("tone", pa.string()),
            ("summary", pa.string()),
            ("confidence", pa.float64()),
            ("prompt_hash", pa.string()),
            ("config_hash", pa.string()),
        ]
    ),
    "conversations": pa.schema(
        [
            ("conversation_id", pa.string()),
            ("chat_id", pa.string()),
            ("contact_id", pa.string()),
            ("connection_id", pa.string()),
            ("local_day", pa.date32()),
            ("started_at", _TIME),
            ("last_message_at", _TIME),
            ("begun_by", pa.string()),
            ("messages_customer", pa.int64()),
            ("messages_agent", pa.int64()),
            ("messages_automated", pa.int64()),
            ("first_response_seconds", pa.float64()),
            ("is_unanswered", pa.bool_()),
            ("scored", pa.int64()),
            ("sentiment_mean", pa.float64()),
            ("satisfaction_mean", pa.float64()),
        ]
    ),
}


async def count_rows(connection: AsyncConnection[Any], tenant_id: UUID, wanted: Wanted) -> int | None:
    """How many rows an export will have; None where only reading them tells."""
    if wanted.dataset != "messages":
        return None
    row = await (await connection.execute(_QUERIES["count_messages"], _values(tenant_id, wanted))).fetchone()
    return int(row[0]) if row else 0


async def read_batches(connection: AsyncConnection[Any], tenant_id: UUID, wanted: Wanted) -> AsyncGenerator[Rows]:
    """The rows of `messages` or `conversations`, batch by batch, through a cursor of the server.

    The connection must be in a transaction; nothing but one batch is in memory.
    """
    async with connection.cursor(name=f"export_{new_id().hex}") as cursor:
        await cursor.execute(_QUERIES[wanted.dataset], _values(tenant_id, wanted))
        while rows := await cursor.fetchmany(BATCH_ROWS):
            yield rows


def _values(tenant_id: UUID, wanted: Wanted) -> dict[str, Any]:
    return {"tenant_id": tenant_id, "first_day": wanted.first_day, "last_day": wanted.last_day}
