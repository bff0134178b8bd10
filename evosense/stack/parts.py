"""What the supervisor runs: processes, the embedded Postgres, and steps that are done once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from evosense.db.embedded import EmbeddedPostgres
from evosense.db.embedded.postmaster import is_alive
from evosense.stack.child import Child
from evosense.stack.logs import rotate
from evosense.stack.probes import Probe

_POSTGRES_LOOK_SECONDS = 1.0


class Running(Protocol):
    """A started part."""

    @property
    def pid(self) -> int:
        """Process id."""
        ...

    async def wait(self) -> str:
        """Wait for its end; says how it ended."""
        ...

    async def stop(self, *, patience_seconds: float) -> None:
        """End it, politely first."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...


class Service(Protocol):
    """A part that keeps running.

    `keep_offspring` is for the code server: a run goes on while it restarts.
    """

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def after(self) -> tuple[str, ...]:
        """Parts that must be ready first."""
        ...

    @property
    def log(self) -> Path:
        """Where it writes what it does."""
        ...

    @property
    def probe(self) -> Probe | None:
        """Asks whether it works; None: it works once launched."""
        ...

    @property
    def keep_offspring(self) -> bool:
        """Whether what it started outlives its death."""
        ...

    async def launch(self) -> Running:
        """Start it; raises OSError or EvoSenseError when that is impossible."""
        ...


@dataclass
class ProcessService:
    """A child process; `after` names the parts that must be ready first."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    folder: Path
    after: tuple[str, ...] = ()
    probe: Probe | None = None
    keep_offspring: bool = False

    async def launch(self) -> Running:
        """Start the process with its log appended."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        rotate(self.log)
        return await Child.start(self.command, environment=self.environment, log=self.log, folder=self.folder)


@dataclass
class PostgresService:
    """The embedded server: not our child (pg_ctl detaches it), so its life is looked at once a second."""

    server: EmbeddedPostgres
    name: str = "postgres"
    after: tuple[str, ...] = ()
    probe: Probe | None = None
    keep_offspring: bool = False

    @property
    def log(self) -> Path:
        """The server's own log."""
        return self.server.places.log

    async def launch(self) -> Running:
        """Start or adopt the server; it is ready when this returns."""
        await asyncio.to_thread(self.server.start)
        return _RunningPostgres(self.server, self.server.status.pid or 0)


@dataclass(frozen=True)
class _RunningPostgres:
    server: EmbeddedPostgres
    pid: int

    async def wait(self) -> str:
        """Wait until the postmaster is gone; nobody but its parent learns the exit status."""
        while is_alive(self.pid):  # noqa: ASYNC110 - nothing tells us when a process that isn't our child ends
            await asyncio.sleep(_POSTGRES_LOOK_SECONDS)
        return "its process is gone"

    async def stop(self, *, patience_seconds: float) -> None:
        """Leave the server, which stops it unless another process uses it; pg_ctl has its own patience."""
        await asyncio.to_thread(self.server.stop)

    def kill(self) -> None:
        """A database is never killed by us: it would only have to recover."""


@dataclass(frozen=True)
class Step:
    """Something done once, such as migrating; its answer is shown. An EvoSenseError from it stops the stack.

    `undo` is called when the stack stops, after everything that waited for this step was stopped.
    """

    name: str
    run: Callable[[], Awaitable[str]]
    after: tuple[str, ...] = ()
    undo: Callable[[], Coroutine[Any, Any, None]] | None = None
