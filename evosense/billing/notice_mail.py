"""Notices by mail: each goes to the company's administrators once.

A notice is marked in the transaction that holds it locked while its mails go out, so two workers never send the same
one, and a worker that dies sends it again rather than never.
"""

from __future__ import annotations

from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, dict_row

from evosense.db.database import AsyncPool
from evosense.db.named_queries import load
from evosense.mail.letters import billing_notice
from evosense.mail.models import Mailer

_QUERIES = load("evosense.billing", "notice_mail.sql")


async def mail_notices(pool: AsyncPool, mailer: Mailer, address: str, now: datetime) -> int:
    """Send what is not sent yet; answers how many notices went out.

    Does nothing where there is no mail server, since printed mails would end in a log, which must not hold addresses,
    or where the dashboard's `address` (without a slash at the end) is not set. The dashboard shows every notice anyway.

    Raises:
        MailNotSent: the mail server is away; what is left goes out the next time.
    """
    if not mailer.delivers or not address:
        return 0
    sent = 0
    while True:
        async with pool.connection() as connection, connection.transaction():
            if not await _mail_one(connection, mailer, address, now):
                return sent
        sent += 1


async def _mail_one(connection: AsyncConnection[TupleRow], mailer: Mailer, address: str, now: datetime) -> bool:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_QUERIES["next_unmailed"], {"now": now})
        notice = await cursor.fetchone()
    if notice is None:
        return False
    for email in notice["emails"]:
        await mailer.send(billing_notice(email, notice["company"], notice["kind"], f"{address}/billing"))
    await connection.execute(_QUERIES["mark_mailed"], notice | {"now": now})
    return True
