"""Calling async code from a notebook or a command: each call opens its own pool, in a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from evosense.db.database import AsyncPool, open_pool
from evosense.db.embedded import EmbeddedPostgres
from evosense.settings import DatabaseSettings, load

_T = TypeVar("_T")


def database_url() -> str:
    """DATABASE_URL, or the embedded server of DATA_DIR (which has to be running)."""
    settings = load(DatabaseSettings)
    return settings.database_url or EmbeddedPostgres(settings.data_dir / "postgres").url()


def with_pool(url: str, work: Callable[[AsyncPool], Awaitable[_T]]) -> _T:
    """`work(pool)` to its end, in the pipeline's role."""

    async def run() -> _T:
        async with open_pool(url, "evosense_pipeline", max_size=2, application="evosense notebook") as pool:
            return await work(pool)

    return _block(run())


def _block(work: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine to its end, in a thread of its own because a notebook's thread has a loop already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
