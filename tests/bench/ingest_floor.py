"""How soon anybody could make one message durable: its rows and nothing else, by prepared inserts in one trip.

No decoding, no look-up, no socket, nobody else on the machine: what a listener adds to this is its own latency.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from tests.bench.figures import percentile
from tests.bench.ingest_rows import Rows, pipe

# People and chats are known already; the days' marks and live events of a message are left out in its favour.
_KNOWN = ("app.identity", "app.contact", "app.chat", "app.identity_link")
_PARTS = {"app.message": "id", "app.message_body": "message_id", "app.message_origin": "message_id"}
_EVENTS = "raw.evolution_event"
_MESSAGES = 400
_WARM = 20


def milliseconds(source: str, target: str, rows: dict[str, Rows]) -> float:
    """The median over messages of `source`, whose `rows` these are, into the empty tables of `target`."""
    with psycopg.connect(source) as one, psycopg.connect(target) as other:
        for table in _KNOWN:
            pipe(one, other, table)
    took: list[float] = []
    with psycopg.connect(target, autocommit=True, prepare_threshold=0) as connection:
        for inserts in _by_message(rows):
            started = time.perf_counter()
            with connection.pipeline():
                connection.execute("begin")
                for statement, values in inserts:
                    connection.execute(statement, values)
                connection.execute("commit")
            took.append((time.perf_counter() - started) * 1000)
    return percentile(took[_WARM:], 0.5)


def _by_message(rows: dict[str, Rows]) -> Iterator[list[tuple[sql.Composed, tuple[Any, ...]]]]:
    """The inserts that make one message, for each of the first ones."""
    statements = {table: _insert(table, rows[table].columns) for table in (_EVENTS, *_PARTS)}
    by_id = {
        table: {row[rows[table].columns.index(column)]: row for row in rows[table].rows}
        for table, column in _PARTS.items()
    }
    for event, message_id in zip(rows[_EVENTS].rows[:_MESSAGES], by_id["app.message"], strict=False):
        parts = [(statements[table], found[message_id]) for table, found in by_id.items() if message_id in found]
        yield [(statements[_EVENTS], event), *parts]


def _insert(table: str, columns: list[str]) -> sql.Composed:
    return sql.SQL("insert into {} ({}) values ({})").format(
        sql.Identifier(*table.split(".")),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
    )
