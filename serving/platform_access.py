"""The platform's people as the API needs them: a small pool in their database role, and their tokens."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from evosense.db.database import AsyncPool, open_pool
from evosense.platform.tokens import PlatformTokens

_WAIT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class PlatformAccess:
    """Opened with the application; its pool holds no connection until somebody asks."""

    pool: AsyncPool
    tokens: PlatformTokens


@asynccontextmanager
async def open_platform(url: str, tokens: PlatformTokens) -> AsyncGenerator[PlatformAccess]:
    """Both, closed after the block."""
    async with open_pool(
        url, "evosense_platform", min_size=0, max_size=2, application="evosense platform", wait_seconds=_WAIT_SECONDS
    ) as pool:
        yield PlatformAccess(pool, tokens)
