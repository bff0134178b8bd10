"""One line of the isolation matrix: how to call a route, and who may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.integration.serving.things import names_in


@dataclass(frozen=True)
class Case:
    """How to call a route. `{names}` in path, query and body become ids of things of the company that is asked about.

    `things` names the maker of an id where it is another one than the route's own name for it.
    """

    method: str
    path: str
    query: str = ""
    body: dict[str, Any] | None = None
    # Statuses: without a token; for things of the own company; for those of the other one (None: none is named, and
    # what the answer holds is what counts; by default 404 for whatever path or body name).
    nobody: int = 401
    own: int = 200
    foreign: int | None = None
    roles: tuple[str, ...] = ("admin", "operator", "analyst")
    things: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def foreign_status(self) -> int | None:
        if self.foreign is not None:
            return self.foreign
        return 404 if {*names_in(self.path), *names_in(self.body)} - {"addon_id"} else None

    def names(self) -> Iterator[str]:
        yield from dict.fromkeys([*names_in(self.path), *names_in(self.query), *names_in(self.body)])
