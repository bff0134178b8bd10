"""A real Postgres for tests: one server per checkout, one migrated template, one fresh database per test.

The server lives in a fixed folder below the temporary folder, so every pytest-xdist worker shares it (the
last one to leave stops it) and the next session skips initdb. Where there is room for it that folder is in memory: a
database is 1,100 files, which take a disk's file system 0.8 s to make and memory 0.05 s. A template is keyed by a
fingerprint of the migrations: a session whose migrations didn't change starts with a ready template.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from evosense.db.embedded import EmbeddedPostgres
from evosense.db.embedded.locks import exclusive

_TEMPLATES_KEPT = 4
_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - the cluster's own folder in it is private to its user
_ROOM_BYTES = 4 << 30
_SETTINGS = {"max_connections": "200", "shared_buffers": "128MB", "max_wal_size": "2GB"}


def checkout_cluster(checkout: Path, *, major: int = 18) -> EmbeddedPostgres:
    """The test server of a checkout (the repository's root folder); not started yet, not durable."""
    digest = hashlib.sha256(os.fsencode(checkout.resolve())).hexdigest()[:12]
    folder = _roomy() / f"evosense-tests-{os.geteuid()}-{digest}-{major}"
    return EmbeddedPostgres(folder, major=major, durable=False, settings=_SETTINGS, database="tests")


def _roomy() -> Path:
    if _IN_MEMORY.is_dir() and os.access(_IN_MEMORY, os.W_OK) and shutil.disk_usage(_IN_MEMORY).free >= _ROOM_BYTES:
        return _IN_MEMORY
    return Path(tempfile.gettempdir())


class TemplateDatabase:
    """A migrated database to clone; made once per fingerprint, whichever process comes first."""

    def __init__(self, server: EmbeddedPostgres, migrate: Callable[[str], object], *, fingerprint: str) -> None:
        """`migrate` gets the URL of an empty database; `fingerprint` names what it would do (a hash)."""
        self._server = server
        self._migrate = migrate
        self._name = f"template_{hashlib.sha256(fingerprint.encode()).hexdigest()[:16]}"
        self._numbers = itertools.count()

    def prepare(self) -> None:
        """Make the template unless it exists, and drop what killed sessions left behind."""
        with exclusive(self._server.places.home / "template.lock"), self._administer() as connection:
            existing = _databases(connection)
            if self._name not in existing:
                self._build(connection)
            for name in _left_behind(existing, keep=self._name):
                _drop(connection, name)

    def create(self) -> str:
        """Make a fresh database and return its URL; `drop` removes it."""
        name = f"clone_{os.getpid()}_{next(self._numbers)}"
        with self._administer() as connection:
            _drop(connection, name)  # a killed session with our pid
            connection.execute(
                sql.SQL("create database {} template {} strategy file_copy").format(
                    sql.Identifier(name), sql.Identifier(self._name)
                )
            )
        return self._server.url(name)

    def drop(self, url: str) -> None:
        """Drop a database made by `create`, whoever is still connected to it."""
        with self._administer() as connection:
            _drop(connection, str(conninfo_to_dict(url)["dbname"]))

    @contextmanager
    def clone(self) -> Generator[str]:
        """A fresh migrated database for the length of the block; yields its URL."""
        url = self.create()
        try:
            yield url
        finally:
            self.drop(url)

    def _build(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        draft = f"draft_{self._name}"
        _drop(connection, draft)
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(draft)))
        self._migrate(self._server.url(draft))
        connection.execute(
            sql.SQL("alter database {} rename to {}").format(sql.Identifier(draft), sql.Identifier(self._name))
        )

    def _administer(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self._server.url("postgres"), autocommit=True)


def _databases(connection: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    rows = connection.execute("select datname from pg_database order by oid").fetchall()
    return [str(row[0]) for row in rows]


def _left_behind(existing: list[str], *, keep: str) -> list[str]:
    clones = [name for name in existing if name.startswith("clone_")]
    dead = [name for name in clones if not psutil.pid_exists(int(name.split("_")[1]))]
    templates = [name for name in existing if name.startswith("template_") and name != keep]
    old = [name for name in templates if name not in {"template0", "template1"}]
    return dead + old[:-_TEMPLATES_KEPT]


def _drop(connection: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
