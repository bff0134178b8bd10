"""One build of the warehouse: take the turn, mark, let dbt run, clear."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from evosense.db.database import connect_sync
from evosense.metrics.staleness import Backlog, ask_for_days, backlog, clear, is_built, mark, stale_days, turn

# Unit tests check the code, not the data: they run in CI, not with every build.
_BUILD = ("build", "--exclude-resource-type", "unit_test")


@dataclass(frozen=True, slots=True)
class Days:
    """Local days to build again whatever is marked, both included; of one tenant or of all."""

    first: date
    last: date
    tenant_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Build:
    """A build that is about to run: `arguments` for dbt, how much it is going to do, and the days that are stale."""

    arguments: tuple[str, ...]
    backlog: Backlog
    days: list[date]

    @property
    def is_empty(self) -> bool:
        """Nothing is stale: there is no need to start dbt."""
        return "--full-refresh" not in self.arguments and self.backlog.chats == self.backlog.days == 0


@contextmanager
def prepared(database_url: str, *, days: Days | None = None, full_refresh: bool = False) -> Generator[Build]:
    """Hold the turn and have everything marked; run dbt with the arguments within the block.

    The marks are cleared when the block ends; when it raises, they stay, serving goes on reading what they name from
    app, and the next build does the work.

    Args:
        database_url: A direct connection: the turn is a session's lock.
        days: Build these days besides what is stale.
        full_refresh: Build all marts from nothing; also the answer to a change of a tenant's timezone or session gap.
    """
    with connect_sync(database_url, "evosense_pipeline", autocommit=True) as connection, turn(connection):
        if days:
            ask_for_days(connection, days.first, days.last, days.tenant_id)
        full_refresh = full_refresh or not is_built(connection)
        mark(connection)
        arguments = (*_BUILD, "--full-refresh") if full_refresh else _BUILD
        yield Build(arguments, backlog(connection), stale_days(connection))
        clear(connection)
