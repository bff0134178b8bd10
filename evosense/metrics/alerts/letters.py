"""Alerts by mail: every morning, to who wants them, and only on days that have something to tell.

A person is marked as told in the transaction that holds them locked while their letter goes out: two workers never send
the same one, and a worker that dies sends it again rather than never.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.db.database import AsyncPool
from evosense.db.named_queries import load
from evosense.mail import letters
from evosense.mail.models import Mailer
from evosense.metrics.alerts.report import alerts
from evosense.metrics.alerts.wording import line

_QUERIES = load("evosense.metrics.alerts", "letters.sql")
# O'clock in the company's timezone: the last messages of the evening have their scores by then.
MORNING = 7
_Lines = dict[UUID, Sequence[str]]


@dataclass(frozen=True, slots=True)
class _Reader:
    tenant_id: UUID
    user_id: UUID
    email: str
    company: str
    local_day: date


async def mail_alerts(pool: AsyncPool, mailer: Mailer, address: str, *, hour: int = MORNING) -> int:
    """Tell everybody of their yesterday, from `hour` o'clock on; answers how many letters went out.

    Does nothing where there is no mail server, since printed letters would end in a log, which must hold no addresses,
    or where the dashboard's `address` (without a slash at the end) is not set.

    Raises:
        MailNotSent: the mail server is away; who is left is told the next time.
    """
    if not mailer.delivers or not address:
        return 0
    sent, known = 0, _Lines()
    while True:
        async with pool.connection() as connection, connection.transaction():
            reader = await _next_reader(connection, hour)
            if reader is None:
                return sent
            if reader.tenant_id not in known:
                known[reader.tenant_id] = await _lines(connection, reader.tenant_id)
            if lines := known[reader.tenant_id]:
                await mailer.send(_letter(reader, lines, address))
                sent += 1
            values = {"tenant_id": reader.tenant_id, "user_id": reader.user_id, "local_day": reader.local_day}
            await connection.execute(_QUERIES["mark_told"], values)


async def _next_reader(connection: AsyncConnection[Any], hour: int) -> _Reader | None:
    async with connection.cursor(row_factory=class_row(_Reader)) as cursor:
        await cursor.execute(_QUERIES["next_reader"], {"hour": hour})
        return await cursor.fetchone()


async def _lines(connection: AsyncConnection[Any], tenant_id: UUID) -> Sequence[str]:
    """Of what nobody has taken notice yet, bad news first."""
    return [line(told) for told in await alerts(connection, tenant_id) if told.acknowledgement is None]


def _letter(reader: _Reader, lines: Sequence[str], address: str) -> letters.Letter:
    links = letters.AlertLinks(f"{address}/", f"{address}/configuracoes/alertas")
    return letters.alerts(reader.email, reader.company, f"{reader.local_day:%d/%m/%Y}", lines, links)
