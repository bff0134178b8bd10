"""Who used the application, from where and when (Marco Civil da Internet, art. 15): kept for six months, under secrecy.

A stretch of use is one actor at one address until a quarter of an hour passes without a request, a day at most. A
process keeps the stretches that are going on and writes them every few seconds, so that a kill costs no more than
that. Those who serve can write and not read; reading is for the operator, is asked for with a reason, and is itself in
the company's audit log.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg_pool import PoolTimeout

from evosense.db.database import AsyncPool
from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.log import get_logger
from evosense.tenants.audit import record

WRITTEN_EVERY_SECONDS: Final = 10.0
_SILENCE: Final = timedelta(minutes=15)
_LONGEST: Final = timedelta(days=1)
# Where a proxy or a socket of this machine leaves no address.
_UNKNOWN: Final = "0.0.0.0"  # noqa: S104 - stands for "not known", nothing listens on it
_QUERIES = load("evosense.privacy", "access_log.sql")
_log = get_logger(__name__)


@dataclass(slots=True)
class _Stretch:
    """What goes on. `is_news`: there is something that was not written yet."""

    id: UUID
    tenant_id: UUID
    actor: str
    address: str
    first_at: datetime
    last_at: datetime
    requests: int = 0
    is_news: bool = True

    def is_over(self, now: datetime) -> bool:
        return now - self.last_at > _SILENCE or now - self.first_at > _LONGEST


@dataclass(frozen=True, slots=True)
class Use:
    """A stretch of use as it is written down; times are UTC."""

    actor: str
    address: str
    first_at: datetime
    last_at: datetime
    requests: int


class AccessLog:
    """The stretches that go on in this process."""

    def __init__(self, pool: AsyncPool) -> None:
        """`pool` is of the role evosense_api."""
        self._pool = pool
        self._going_on: dict[tuple[UUID, str, str], _Stretch] = {}

    def note(self, actor: Actor, address: str, now: datetime | None = None) -> None:
        """Somebody of a tenant uses the application. Costs no wait."""
        now = now or datetime.now(UTC)
        key = (actor.tenant_id, actor.name, address)
        stretch = self._going_on.get(key)
        if stretch is None or stretch.is_over(now):
            if stretch is not None:  # what it still has to say is written under its own id
                self._going_on[(stretch.tenant_id, stretch.actor, str(stretch.id))] = stretch
            stretch = _Stretch(new_id(), actor.tenant_id, actor.name, _normal(address), now, now)
            self._going_on[key] = stretch
        stretch.last_at = now
        stretch.requests += 1
        stretch.is_news = True

    async def write(self, now: datetime | None = None) -> None:
        """Write what is new, forget what is over. Raises psycopg.Error, psycopg_pool.PoolTimeout; all is kept."""
        now = now or datetime.now(UTC)
        news = sorted((each for each in self._going_on.values() if each.is_news), key=lambda each: each.tenant_id)
        for tenant_id, stretches in groupby(news, key=lambda each: each.tenant_id):
            await self._write_one(tenant_id, list(stretches))
        self._going_on = {key: each for key, each in self._going_on.items() if each.is_news or not each.is_over(now)}

    async def run(self) -> None:
        """Write every few seconds, for ever; and once more when it is cancelled."""
        try:
            while True:
                await asyncio.sleep(WRITTEN_EVERY_SECONDS)
                await self._try_to_write()
        finally:
            # The pool is still open: whoever runs this closes it afterwards.
            await self._try_to_write()

    async def _try_to_write(self) -> None:
        try:
            await self.write()
        except (psycopg.Error, PoolTimeout) as error:
            _log.warning("access_log_waits", error_class=type(error).__name__)

    async def _write_one(self, tenant_id: UUID, stretches: list[_Stretch]) -> None:
        told = {each.id: each.requests for each in stretches}
        values = {"tenant_id": tenant_id, **_columns(stretches)}
        async with tenant_transaction(self._pool, Actor(tenant_id, None, "access_log")) as connection:
            await connection.execute(_QUERIES["note"], values)
        for each in stretches:
            each.is_news = each.requests != told[each.id]  # more may have come while we waited


async def read_access_log(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    from_at: datetime,
    to_at: datetime,
    *,
    reason: str,
    actor: str | None = None,
) -> list[Use]:
    """Stretches of use that reach into the time, for who has a court's order; reading is audited with its reason.

    Args:
        connection: of the role evosense_pipeline, in a transaction.
        tenant_id: the company.
        from_at: beginning of the time.
        to_at: its end, not included.
        reason: on what order; goes into the company's audit log.
        actor: only of `user:<id>` or `api_key:<id>`.
    """
    detail = {"from": from_at.isoformat(), "to": to_at.isoformat(), "reason": reason, "of": actor}
    target = f"tenant:{tenant_id}"
    await record(connection, tenant_id, actor="operator", action="access_log_read", target=target, detail=detail)
    values = {"tenant_id": tenant_id, "from_at": from_at, "to_at": to_at, "actor": actor}
    async with connection.cursor(row_factory=class_row(Use)) as cursor:
        await cursor.execute(_QUERIES["read"], values)
        return await cursor.fetchall()


def _columns(stretches: Iterable[_Stretch]) -> dict[str, list[Any]]:
    known = list(stretches)
    return {
        "ids": [each.id for each in known],
        "actors": [each.actor for each in known],
        "addresses": [each.address for each in known],
        "firsts": [each.first_at for each in known],
        "lasts": [each.last_at for each in known],
        "counts": [each.requests for each in known],
    }


def _normal(address: str) -> str:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return _UNKNOWN
    return str(getattr(found, "ipv4_mapped", None) or found)
