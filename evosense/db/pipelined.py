"""A transaction in as few trips to the server as its statements need answers: BEGIN and COMMIT travel with them.

psycopg's own transaction blocks wait for BEGIN, for the end of the pipeline and for COMMIT, one trip each.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus

from evosense.db.database import AsyncPool


@asynccontextmanager
async def pipelined(pool: AsyncPool) -> AsyncGenerator[AsyncConnection[Any]]:
    """A connection in pipeline mode within a transaction; only `fetch…` waits, for everything that was sent before.

    Committed when the block has ended, rolled back when it raises. A statement's error may come with a later fetch, or
    at the end of the block.
    """
    async with pool.connection() as connection:
        await connection.set_autocommit(True)  # else psycopg sends a BEGIN of its own and waits for it
        try:
            async with connection.pipeline():
                await connection.execute("begin")
                yield connection
                await connection.execute("commit")
        finally:
            await _leave(connection)


async def _leave(connection: AsyncConnection[Any]) -> None:
    """Back to how the pool gave it; a broken connection is left as it is, the pool replaces it."""
    if connection.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
        await connection.rollback()
    if connection.info.transaction_status == TransactionStatus.IDLE:
        await connection.set_autocommit(False)
