"""The parts of the stack and what each waits for.

The page comes first: API and listener start as soon as the schema is there, Dagster after them, because its 15 CPU
seconds of imports would otherwise stand between a person and the page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from evosense.db.migrate import migrate
from evosense.errors import ConfigurationError
from evosense.prompts.registry import seed_default
from evosense.settings import DrainSettings, load
from evosense.stack import probes
from evosense.stack.child import Child
from evosense.stack.dagster_home import ensure_dagster_database, write_dagster_home
from evosense.stack.demo_seed import seed_demo
from evosense.stack.leftovers import end_marked
from evosense.stack.parts import PostgresService, ProcessService, Service, Step
from evosense.stack.ports import LOOPBACK
from evosense.stack.probes import Probe
from evosense.stack.processes import command
from evosense.stack.setup import Addresses, StackDatabase, StackOptions

PAGE = ("api", "listener")
_Part = Service | Step


@dataclass(frozen=True)
class Plan:
    """Everything that the parts need to know."""

    options: StackOptions
    database: StackDatabase
    addresses: Addresses
    environment: Mapping[str, str]
    data_dir: Path
    secret: str
    mark: str
    earlier_mark: str | None

    def parts(self) -> list[_Part]:
        """All parts, each after those that it waits for."""
        parts: list[_Part] = []
        if self.database.server is not None:
            parts.append(PostgresService(self.database.server))
        first = tuple(part.name for part in parts)
        parts.append(Step("cleanup", self._clean_up, after=first, undo=self._end_own))
        parts.append(Step("schema", self._migrate, after=("cleanup",)))
        if self.options.demo:
            parts += self._demo_parts()
        parts += self._page_parts()
        if self.options.listener_only:
            return [part for part in parts if part.name != "api"]
        if self.options.dagster:
            parts += self._dagster_parts()
        return parts

    # -- what the parts are --------------------------------------------------------------------------------------

    def _demo_parts(self) -> list[_Part]:
        port = self.addresses.evolution_port or 0
        evolution = self._process(
            "evolution",
            ("cleanup",),
            probes.tcp(LOOPBACK, port),
            host=LOOPBACK,
            port=port,
            state=self.data_dir / "evolution",
            days=self.options.history_days,
            rate=self.options.rate,
        )
        return [evolution, Step("demo data", self._seed, after=("schema",))]

    def _page_parts(self) -> list[_Part]:
        at = self.addresses
        ground = ("schema", "evolution", "demo data") if self.options.demo else ("schema",)
        return [
            self._process("api", ("schema",), probes.http(self._api_host(), at.api_port, "/ready")),
            self._process("listener", ground, probes.http(LOOPBACK, at.listener_port, "/health")),
        ]

    def _dagster_parts(self) -> list[_Part]:
        at, home = self.addresses, self.data_dir / "dagster"
        code = self._process(
            "dagster-code", ("dagster-home",), probes.tcp(LOOPBACK, at.code_port), host=LOOPBACK, port=at.code_port
        )
        code.keep_offspring = True  # runs are its children; a live one goes on while it restarts
        web = probes.http(LOOPBACK, at.dagster_port, "/server_info")
        return [
            Step("dagster-home", self._prepare_dagster, after=PAGE),
            code,
            self._process("dagster-daemon", ("dagster-code",), self._daemon_beats, home=home),
            self._process("dagster-webserver", ("dagster-code",), web, home=home, host=LOOPBACK, port=at.dagster_port),
        ]

    def _process(self, name: str, after: tuple[str, ...], probe: Probe, **values: object) -> ProcessService:
        return ProcessService(
            name=name,
            command=command(name, **values),
            environment=self.environment,
            log=self.data_dir / "logs" / f"{name}.log",
            folder=Path.cwd(),
            after=after,
            probe=probe,
        )

    def _api_host(self) -> str:
        return self.addresses.api_url.removeprefix("http://").rsplit(":", 1)[0]

    # -- what the steps do ---------------------------------------------------------------------------------------

    async def _clean_up(self) -> str:
        ended = await end_marked(self.earlier_mark)
        return f"ended {ended} processes of a killed stack" if ended else ""

    async def _end_own(self) -> None:
        await end_marked(self.mark)

    async def _migrate(self) -> str:
        applied = await asyncio.to_thread(migrate, self.database.direct_url)
        await seed_default(self.database.direct_url)
        return f"{len(applied)} migrations applied" if applied else "up to date"

    async def _seed(self) -> str:
        made = await seed_demo(self.database.direct_url, self.secret, self.addresses.evolution_url or "")
        return f"{made} tenants made" if made else "kept"

    async def _prepare_dagster(self) -> str:
        home = self.data_dir / "dagster"
        write_dagster_home(
            home,
            database_url=self.database.dagster_url,
            code_host=LOOPBACK,
            code_port=self.addresses.code_port,
            groups=load(DrainSettings).drain_groups,
        )
        new = await asyncio.to_thread(
            ensure_dagster_database, self.database.direct_url, role=self.database.dagster_role
        )
        if not new:
            return ""
        await self._make_dagster_tables()
        return "database made"

    async def _make_dagster_tables(self) -> None:
        """Once, before several Dagster processes would each try to make the same tables."""
        log = self.data_dir / "logs" / "dagster-home.log"
        child = await Child.start(command("dagster-tables"), environment=self.environment, log=log, folder=Path.cwd())
        how = await child.wait()
        if how != "exit status 0":
            message = f"Dagster could not make its tables ({how}): look at {log}."
            raise ConfigurationError(message)

    async def _daemon_beats(self) -> bool:
        """The daemon writes a heartbeat into Dagster's database; a fresh one means that it works."""
        url = "postgresql" + self.database.dagster_url.split("+psycopg2", 1)[-1]
        try:
            return await asyncio.to_thread(_fresh_heartbeat, url)
        except psycopg.Error:
            return False


def _fresh_heartbeat(url: str) -> bool:
    with psycopg.connect(url, connect_timeout=5) as connection:
        row = connection.execute(
            "select coalesce(max(timestamp) > (now() at time zone 'UTC') - interval '10 seconds', false)"
            " from daemon_heartbeats"
        ).fetchone()
    return bool(row and row[0])
