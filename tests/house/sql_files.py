"""Finds every named query of the platform."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evosense.db.named_queries import Queries

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class NamedQuery:
    """One statement with the file it comes from."""

    path: Path
    name: str
    statement: str

    def __str__(self) -> str:
        return f"{self.path.parent}:{self.name}"


def all_queries() -> list[NamedQuery]:
    """Every named query of the four packages."""
    found: list[NamedQuery] = []
    for package in ("evosense", "ingestion", "orchestration", "serving"):
        for path in sorted((ROOT / package).rglob("*.sql")):
            if path.parent.name == "migrations" or "node_modules" in path.parts:
                continue
            queries = Queries(str(path), path.read_text(encoding="utf-8"))
            found += [NamedQuery(path.relative_to(ROOT), name, queries[name]) for name in queries.names()]
    return found
