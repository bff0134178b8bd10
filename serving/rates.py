"""Counting how often somebody asks, in Postgres, for all API processes together.

A sliding window of two counters, as in `limits`' sliding-window strategy; that library has no Postgres storage, and a
Redis would be one more part. Keys are hashed: the table names nobody.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
from dataclasses import dataclass

import psycopg
from psycopg_pool import PoolTimeout

from evosense.db.database import AsyncPool
from evosense.db.named_queries import load
from evosense.errors import RateLimited
from evosense.log import get_logger

_CLEANING_SECONDS = 3600.0
_log = get_logger(__name__)
_QUERIES = load("serving", "rates.sql")


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `most` in any `seconds`."""

    most: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Permits:
    """What was granted, and the seconds until the current window ends."""

    granted: int
    seconds_left: float


class SharedCounts:
    """The counters. Every call is one round trip to the database."""

    def __init__(self, pool: AsyncPool) -> None:
        """`pool` is of the role evosense_api."""
        self._pool = pool

    async def take(self, rate: Rate, *key: str, wanted: int = 1) -> Permits:
        """Take up to `wanted` permits; 0 only looks whether the next one would be granted (`granted` is 0 or 1)."""
        digest = hashlib.sha256("\x1f".join(key).encode()).digest()
        params = {"key": digest, "most": rate.most, "seconds": rate.seconds, "wanted": max(wanted, 1)}
        async with self._pool.connection() as connection, connection.transaction(force_rollback=wanted == 0):
            row = await (await connection.execute(_QUERIES["take"], params)).fetchone()
        assert row is not None, "the function always answers"  # noqa: S101
        return Permits(int(row[0]), float(row[1]))

    async def require(self, rate: Rate, *key: str, detail: str, count: bool = True) -> None:
        """Take one permit, or with `count` false only look for one. Raises RateLimited with `detail` without any."""
        permits = await self.take(rate, *key, wanted=1 if count else 0)
        if not permits.granted:
            raise RateLimited(detail, retry_after_seconds=max(1, math.ceil(permits.seconds_left)))

    async def keep_short(self) -> None:
        """Remove counts that no window reaches any more, every hour, for ever."""
        while True:
            try:
                async with self._pool.connection() as connection:
                    await connection.execute(_QUERIES["forget"])
            except (psycopg.Error, PoolTimeout) as error:
                _log.warning("old_counts_stay", error_class=type(error).__name__)
            await asyncio.sleep(_CLEANING_SECONDS)
