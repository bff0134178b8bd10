"""One build of the warehouse: take the turn, mark, let dbt run, clear."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from evosense.db.database import connect_sync
from evosense.metrics.staleness import (
    Backlog,
    ask_for_days,
    backlog,
    clear,
    clock,
    is_built,
    last_project,
    mark,
    stale_days,
    turn,
)
from orchestration.warehouse.project import project_version

# Unit tests check the code, not the data: they run in CI, not with every build.
_BUILD = ("build", "--exclude-resource-type", "unit_test")
# Views are as the last full build left them; `empty` keeps the tests that look at them.
_WITHOUT_VIEWS = ("--exclude", "config.materialized:view", "--indirect-selection", "empty")


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
        full_refresh: Build all marts from nothing; also the answer to a change of a tenant's session gap. A warehouse
            that was built with another text of the dbt project always is.
    """
    with connect_sync(database_url, "evosense_pipeline", autocommit=True) as connection, turn(connection):
        began_at = clock(connection)
        if days:
            ask_for_days(connection, days.first, days.last, days.tenant_id)
        project = project_version()
        full_refresh = full_refresh or not is_built(connection) or last_project(connection) != project
        mark(connection)
        arguments = (*_BUILD, "--full-refresh") if full_refresh else (*_BUILD, *_WITHOUT_VIEWS)
        yield Build(arguments, backlog(connection), stale_days(connection))
        clear(connection, began_at, project)
