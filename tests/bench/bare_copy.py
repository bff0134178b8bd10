"""What Postgres takes for the rows of a write-back, whoever writes them: a bare COPY of them, the limit of any writer.

The tables have the same columns, checks, keys and indexes, but neither partitions nor row level security; nothing is
computed, looked up, judged, ended or announced.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

import psycopg

_TABLES = ("inference", "message_score", "message_embedding", "live_event")
_WARM = 3


def bare_copy_rate(url: str, size: int, batches: int) -> float:
    """Messages a second: the median of `batches` transactions of `size` messages that were written before."""
    with psycopg.connect(url) as connection:
        connection.execute("create schema bare")
        for table in _TABLES:
            connection.execute(f"create table bare.{table} (like app.{table} including all)".encode())
        connection.commit()
        taken = [_batch(connection, size, number * size) for number in range(_WARM + batches)]
        connection.execute("drop schema bare cascade")
    return size / statistics.median(taken[_WARM:])


def _batch(connection: psycopg.Connection[Any], size: int, offset: int) -> float:
    rows = {table: _read(connection, table, size, offset) for table in _TABLES}
    connection.commit()
    started = time.perf_counter()
    for table, data in rows.items():
        with connection.cursor().copy(f"copy bare.{table} from stdin (format binary)".encode()) as copy:
            copy.write(data)
    connection.commit()
    return time.perf_counter() - started


def _read(connection: psycopg.Connection[Any], table: str, size: int, offset: int) -> bytes:
    some = f"select * from app.{table} order by tableoid, ctid limit {size} offset {offset}"
    with connection.cursor().copy(f"copy ({some}) to stdout (format binary)".encode()) as copy:
        return b"".join(bytes(block) for block in copy)
