"""The migrations run on both majors that are supported, and again without doing anything."""

from __future__ import annotations

import pytest

from evosense.db.migrate import migrate, migrations, pending
from tests.integration.db.servers import Make


@pytest.mark.parametrize("major", [16, 18])
def test_migrations_run_on(major: int, make: Make) -> None:
    with make(major=major) as server:
        assert pending(server.url()) == [migration.name for migration in migrations()]
        assert migrate(server.url()) == [migration.name for migration in migrations()]
        assert migrate(server.url()) == []
