"""SIGKILL in the middle of dbt: numbers stay right and readable, and the next build does the work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psycopg

from tests.integration.warehouse.agreement import (
    assert_marts_equal_the_recount,
    assert_served_equals_the_recount,
)
from tests.integration.warehouse.conftest import Warehouse
from tests.integration.warehouse.events import a_message_is_revoked, a_score_comes_late

_WAITING = "select count(*) from pg_locks where not granted and relation = 'analytics.fct_daily_kpis'::regclass"


def kill_a_build_half_way(warehouse: Warehouse) -> None:
    environment = {**os.environ, "DATABASE_URL": warehouse.url, "DATABASE_DIRECT_URL": warehouse.url}
    command = [sys.executable, "-m", "orchestration.warehouse", "build"]
    with psycopg.connect(warehouse.url) as blocker, psycopg.connect(warehouse.url, autocommit=True) as watcher:
        # The build rewrites the marts before this one, and then has to wait for us.
        blocker.execute("lock table analytics.fct_daily_kpis in share mode")
        build = subprocess.Popen(command, env={**environment, "DATA_DIR": str(warehouse.data_dir)})
        deadline = time.monotonic() + 120
        while watcher.execute(_WAITING).fetchone() == (0,):
            assert build.poll() is None, "the build ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.05)
        build.send_signal(signal.SIGKILL)
        assert build.wait() == -signal.SIGKILL
        blocker.rollback()


async def test_a_build_that_is_killed_half_way(warehouse: Warehouse) -> None:
    warehouse.build()
    with warehouse.admin() as connection:
        for tenant in warehouse.world.tenants:
            a_message_is_revoked(connection, warehouse.world, tenant)
            a_score_comes_late(connection, warehouse.world, tenant)
    kill_a_build_half_way(warehouse)
    await assert_served_equals_the_recount(warehouse)
    warehouse.build()
    assert_marts_equal_the_recount(warehouse)
    await assert_served_equals_the_recount(warehouse)
