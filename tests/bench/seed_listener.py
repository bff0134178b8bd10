"""How the seeds' listener stored: `Message.objects.create(…)` for each event, an insert and a commit of its own.

The statement is sent by psycopg; facts/performance.md §1 found Django's ORM as fast as that, because it is the commit
that takes the time.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import psycopg

_TABLES = Path(__file__).with_name("seed_listener.sql")
# `create()` names every column and asks for the new row's id.
_INSERT = """
insert into seed.message (
    tenant_id, connection_id, chat_id, sender, text, created_at,
    sentiment, emotion, satisfaction, tone, summary, embedding
)
values (%s, %s, %s, %s, %s, now(), null, null, null, null, null, null)
returning id
"""
SaidTo = tuple[UUID, UUID, str]


def rows_per_second(url: str, messages: Sequence[SaidTo]) -> float:
    """Rows a second when these messages, (tenant, chat, text), come one after another."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_TABLES.read_bytes())
        places = {tenant_id: _connection_of(connection, tenant_id) for tenant_id, _, _ in messages}
        started = time.perf_counter()
        for tenant_id, chat_id, text in messages:
            values = (tenant_id, places[tenant_id], str(chat_id), chat_id.hex, text)
            connection.execute(_INSERT, values).fetchone()
        return len(messages) / (time.perf_counter() - started)


def _connection_of(connection: psycopg.Connection, tenant_id: UUID) -> int:
    """A tenant with one connection; answers the connection's id."""
    connection.execute("insert into seed.tenant values (%s) on conflict do nothing", [tenant_id])
    row = connection.execute("insert into seed.connection (tenant_id) values (%s) returning id", [tenant_id]).fetchone()
    assert row is not None
    return int(row[0])
