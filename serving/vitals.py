"""How the platform behind the API is: the queue, the models, the volume. Counts over all companies, nothing of one."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg.rows import class_row

from evosense.db.database import AsyncPool
from evosense.db.named_queries import load

_QUERIES = load("serving", "vitals.sql")


@dataclass(frozen=True, slots=True)
class Vitals:
    """One look at the platform.

    Attributes:
        tasks_waiting: live AI work that could begin now and has not.
        oldest_task_seconds: how long the oldest of it has waited; 0 when there is none.
        messages_stored: since Postgres began to count; only grows.
        inferences: answers of models in the last five minutes.
        ai_p50_seconds: their median latency; None without any.
        ai_p95_seconds: the latency that 95 of 100 stay below; None without any.
        ai_invalid: those of them that could not be used.
    """

    tasks_waiting: int
    oldest_task_seconds: float
    messages_stored: int
    inferences: int
    ai_p50_seconds: float | None
    ai_p95_seconds: float | None
    ai_invalid: int


async def look(pool: AsyncPool, *, wait_seconds: float) -> Vitals:
    """The vitals of now. Raises psycopg.Error, psycopg_pool.PoolTimeout."""
    async with (
        pool.connection(timeout=wait_seconds) as connection,
        connection.cursor(row_factory=class_row(Vitals)) as cursor,
    ):
        await cursor.execute(_QUERIES["vitals"])
        found = await cursor.fetchone()
    assert found is not None, "the function always answers"  # noqa: S101
    return found
