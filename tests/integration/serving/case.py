"""One line of the isolation matrix: how to call a route, and who may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    """How to call a route. `{tenant}` in path and query becomes the id of the company that is asked for."""

    method: str
    path: str
    query: str = ""
    body: dict[str, Any] | None = None
    # Statuses: without a token; for the foreign company by id (None: the route names no company); for the own.
    nobody: int = 401
    foreign: int | None = None
    own: int = 200
    roles: tuple[str, ...] = ("admin", "operator", "analyst")
    # The route's own path, where `path` has a value filled in.
    template: str | None = None

    @property
    def key(self) -> str:
        return f"{self.method} {self.template or self.path}"
