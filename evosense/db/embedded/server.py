"""Start, adopt and stop the embedded server.

Any number of processes may hold the same data folder: the first one starts the server, the others use it, the
last one to leave stops it. A holder that is killed leaves the server running; the next holder adopts it.
"""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from evosense.db.embedded import conf
from evosense.db.embedded.binaries import SYSTEM_FOLDER, reachable_binaries
from evosense.db.embedded.cluster import SUPERUSER, check_room, make_cluster
from evosense.db.embedded.launch import START_SECONDS, start_postmaster, stop_postmaster
from evosense.db.embedded.locks import SharedUse, exclusive
from evosense.db.embedded.places import Places, find_places
from evosense.db.embedded.postmaster import Postmaster, clear_stale, find_postmaster
from evosense.errors import ConfigurationError


@dataclass(frozen=True)
class ServerStatus:
    """What runs where; `pid` is None when nothing runs."""

    pid: int | None
    major: int
    port: int | None
    socket_folder: Path
    cluster: Path
    log: Path

    @property
    def running(self) -> bool:
        """Whether the server lives."""
        return self.pid is not None


class EmbeddedPostgres:
    """One Postgres server on a data folder of its own, as a context manager or with start() and stop().

    It listens on a Unix socket that only the server's user (and root) can reach, and on 127.0.0.1 with a
    password when a port is given. `durable=False` is for tests: a power cut may lose the cluster.
    """

    def __init__(
        self,
        data_dir: Path | str,
        *,
        major: int = 18,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
        durable: bool = True,
        database: str = "evosense",
        minimum_free_mb: int = 500,
        system_folder: Path = SYSTEM_FOLDER,
    ) -> None:
        """Nothing happens before start(). `settings` are Postgres settings that win over the defaults.

        `system_folder` is where root keeps what the server's user can't reach elsewhere.
        """
        self._data_dir = Path(data_dir).absolute()
        self._major = major
        self._port = port
        self._settings = dict(settings or {})
        self._durable = durable
        self._database = database
        self._minimum_free_mb = minimum_free_mb
        self._system_folder = system_folder
        self._found: Places | None = None
        self._use: SharedUse | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def places(self) -> Places:
        """All paths of the cluster; the first call makes the data folder."""
        if self._found is None:
            self._found = find_places(self._data_dir, system_folder=self._system_folder)
        return self._found

    @property
    def status(self) -> ServerStatus:
        """What runs at this moment, whoever started it."""
        running = find_postmaster(self.places.cluster)
        return ServerStatus(
            pid=running.pid if running else None,
            major=self._major,
            port=running.port if running and running.tcp else None,
            socket_folder=self.places.socket_folder,
            cluster=self.places.cluster,
            log=self.places.log,
        )

    def start(self) -> str:
        """Start or adopt the server, make the application's database, and return its URL.

        Calling it again is cheap and restarts a server that died.

        Raises:
            ConfigurationError: in one sentence: disk full, port taken, another major, no access.
        """
        places = self.places
        use = self._use or SharedUse(places.home / "users.lock")
        with exclusive(places.home / "lock"):
            alone = use.take()
            try:
                self._ensure_running(places, alone=alone)
                self._ensure_database()
                self._ensure_password()
            except BaseException:
                use.leave()
                raise
            self._use = use
        return self.url()

    def stop(self) -> None:
        """Leave the server; the last one to leave stops it. Does nothing before start()."""
        use, self._use = self._use, None
        if use is None or not use.held:
            return
        with exclusive(self.places.home / "lock"):
            if use.alone():
                self._stop(self.places)
            use.leave()

    def destroy(self) -> None:
        """Stop the server and delete the cluster with all its data (tests).

        Raises:
            ConfigurationError: somebody else uses it.
        """
        places = self.places
        use = self._use or SharedUse(places.home / "users.lock")
        self._use = None
        with exclusive(places.home / "lock"):
            try:
                if not use.take():
                    raise ConfigurationError(f"Another process uses the database in {places.home}: stop it first.")
                self._stop(places)
                shutil.rmtree(places.cluster, ignore_errors=True)
                shutil.rmtree(places.socket_folder, ignore_errors=True)
            finally:
                use.leave()

    def url(self, database: str | None = None, *, user: str = SUPERUSER, driver: str = "", tcp: bool = False) -> str:
        """A URL for psycopg and, with driver="psycopg2", for SQLAlchemy (and so for Dagster).

        The socket form is `postgresql://user@/database?host=FOLDER&port=N` (FOLDER is also dbt's `host`);
        `tcp` gives `postgresql://user:password@127.0.0.1:N/database`.

        Raises:
            ConfigurationError: `tcp` was asked of a server without a port.
        """
        scheme = f"postgresql+{driver}" if driver else "postgresql"
        name = quote(database or self._database, safe="")
        if not tcp:
            port = self._port or conf.SOCKET_PORT
            return f"{scheme}://{user}@/{name}?host={quote(str(self.places.socket_folder))}&port={port}"
        if self._port is None:
            raise ConfigurationError("The embedded Postgres has no TCP port: give one when starting it.")
        secret = quote(self.places.password.read_text("utf-8").strip(), safe="")
        return f"{scheme}://{user}:{secret}@127.0.0.1:{self._port}/{name}"

    def _ensure_running(self, places: Places, *, alone: bool) -> None:
        wanted = conf.render(
            socket_folder=places.socket_folder,
            port=self._port,
            durable=self._durable,
            settings=self._settings,
        )
        running = find_postmaster(places.cluster)
        if running is not None and self._adopt(places, running, wanted, alone=alone):
            return
        check_room(places.home, self._minimum_free_mb)
        binaries = self._binaries(places)
        make_cluster(places, binaries, major=self._major, durable=self._durable)
        (places.cluster / conf.FILE).write_text(wanted, "utf-8")
        places.prepare_socket_folder()
        clear_stale(places.cluster, places.socket_folder)
        start_postmaster(places, binaries, port=self._port)

    def _adopt(self, places: Places, running: Postmaster, wanted: str, *, alone: bool) -> bool:
        """Use the running server as it is, or (nobody else uses it and it has other settings) end it."""
        file = places.cluster / conf.FILE
        same = file.exists() and file.read_text("utf-8") == wanted and running.socket_folder.is_dir()
        if same or not alone:
            if running.port != (self._port or conf.SOCKET_PORT):
                raise ConfigurationError(
                    f"The database in {places.home} already runs on port {running.port}: use that port or stop it."
                )
            self._wait_ready()
            return True
        self._stop(places)
        return False

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
            except psycopg.OperationalError as failure:
                if time.monotonic() > deadline:
                    raise ConfigurationError(
                        f"The running Postgres does not answer: look at {self.places.log}."
                    ) from failure
                time.sleep(0.05)
            else:
                return

    def _ensure_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            known = connection.execute("select 1 from pg_database where datname = %s", [self._database]).fetchone()
            if known is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(self._database)))

    def _ensure_password(self) -> None:
        file = self.places.password
        if self._port is None or file.exists():
            return
        secret = secrets.token_urlsafe(24)
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("alter role {} password {}").format(sql.Identifier(SUPERUSER), sql.Literal(secret))
            )
        draft = file.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(secret + "\n", "utf-8")
        draft.rename(file)

    def _stop(self, places: Places) -> None:
        stop_postmaster(places, self._binaries(places))
        with suppress(OSError):  # nothing may be left in /tmp by a server that doesn't run
            places.socket_folder.rmdir()

    def _binaries(self, places: Places) -> Path:
        return reachable_binaries(self._major, places.owner, system_folder=self._system_folder)
