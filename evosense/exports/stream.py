"""Streaming an export: rows out of a cursor of the server, through a writer, out as chunks; progress beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.database import AsyncPool
from evosense.db.named_queries import load
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.exports.datasets import BATCH_ROWS, SCHEMAS, Rows, count_rows, read_batches
from evosense.exports.models import Export
from evosense.exports.writers import Writer, writer
from evosense.metrics.frames import daily_frame

_QUERIES = load("evosense.exports")
_TELL_EVERY_ROWS: Final = 10 * BATCH_ROWS
# asyncio keeps weak references to tasks only.
_ending: set[asyncio.Task[None]] = set()


@dataclass(slots=True)
class _Progress:
    """How far a fetch is, told to the database now and then on a connection of its own."""

    pool: AsyncPool
    actor: Actor
    export: Export
    rows: int = 0
    bytes: int = 0
    told: int = field(default=0)

    async def add(self, rows: int, size: int) -> None:
        self.rows += rows
        self.bytes += size
        if self.rows - self.told >= _TELL_EVERY_ROWS:
            self.told = self.rows
            await self._write("note_progress", {})

    async def begin(self, rows_total: int | None) -> None:
        await self._write("begin_fetch", {"rows_total": rows_total})

    async def end(self, state: str) -> None:
        await self._write("end_fetch", {"state": state})

    async def _write(self, query: str, values: dict[str, Any]) -> None:
        known: dict[str, UUID | int] = {
            "tenant_id": self.export.tenant_id,
            "id": self.export.id,
            "rows_done": self.rows,
            "bytes_done": self.bytes,
        }
        async with tenant_transaction(self.pool, self.actor) as connection:
            await connection.execute(_QUERIES[query], {**known, **values})


async def stream_export(reading: AsyncPool, telling: AsyncPool, actor: Actor, export: Export) -> AsyncGenerator[bytes]:
    """The export's file, chunk by chunk; at most one batch of rows and one chunk are in memory.

    Args:
        reading: a pool whose connections may be held for as long as somebody downloads.
        telling: the pool for short statements: the export's progress.
        actor: whose rows; row level security sees to it.
        export: what to stream. Its row says `done` only when everything was handed over.
    """
    progress = _Progress(telling, actor, export)
    state = "failed"
    try:
        async with tenant_transaction(reading, actor) as connection:
            await progress.begin(await count_rows(connection, actor.tenant_id, export.wanted))
            async with aclosing(_chunks(connection, actor.tenant_id, export, progress)) as chunks:
                async for chunk in chunks:
                    yield chunk
        state = "done"
    finally:
        await _finish(progress, state)


async def _finish(progress: _Progress, state: str) -> None:
    """Write the end down also when the download was broken off, which cancels whoever waits here."""
    task = asyncio.create_task(progress.end(state))
    _ending.add(task)
    task.add_done_callback(_ending.discard)
    await asyncio.shield(task)


async def _chunks(
    connection: AsyncConnection[Any], tenant_id: UUID, export: Export, progress: _Progress
) -> AsyncGenerator[bytes]:
    wanted = export.wanted
    if wanted.dataset == "daily_kpis":
        table = (await daily_frame(connection, tenant_id, wanted.first_day, wanted.last_day)).to_arrow()
        out = writer(wanted.format, table.schema)
        rows: Rows = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
        yield await _write(out, rows, progress)
    else:
        out = writer(wanted.format, SCHEMAS[wanted.dataset])
        async with aclosing(read_batches(connection, tenant_id, wanted)) as batches:
            async for batch in batches:
                yield await _write(out, batch, progress)
    tail = out.end()
    await progress.add(0, len(tail))
    yield tail


async def _write(out: Writer, rows: Rows, progress: _Progress) -> bytes:
    chunk = out.rows(rows)
    await progress.add(len(rows), len(chunk))
    return chunk
