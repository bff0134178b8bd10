"""A disk as slow as that of the facts: what a commit costs is the disk's, and several figures are shares of it."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager

import psycopg

#: What every flush takes beside its own fsync, in milliseconds: about 3 ms together.
ADDED_MS = 2.7


@contextmanager
def slow_flush(url: str) -> Generator[None]:
    """Every commit on the server waits for 2.7 ms before it flushes, whoever makes it. `url` is a superuser's."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"alter system set commit_delay = {round(ADDED_MS * 1000)}".encode())
        connection.execute("alter system set commit_siblings = 0")
        connection.execute("select pg_reload_conf()")
        time.sleep(0.2)
        try:
            yield
        finally:
            connection.execute("alter system reset commit_delay")
            connection.execute("alter system reset commit_siblings")
            connection.execute("select pg_reload_conf()")
