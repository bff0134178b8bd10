"""When the warehouse is built: day by day on demand and at the end of a day, and a while after anything changed."""

from __future__ import annotations

from orchestration.defs.analytics.assets import warehouse
from orchestration.defs.analytics.checks import CHECKS, check_every_six_hours, check_warehouse
from orchestration.defs.analytics.docs import warehouse_docs
from orchestration.defs.analytics.graph import view_specs
from orchestration.defs.analytics.refresh import build_days, build_the_day_that_ended, refresh_when_stale
from orchestration.defs.analytics.themes import themes

ASSETS = [warehouse, themes, warehouse_docs, *view_specs()]
__all__ = ["ASSETS", "CHECKS", "JOBS", "SCHEDULES", "SENSORS"]
JOBS = [build_days, check_warehouse]
SENSORS = [refresh_when_stale]
SCHEDULES = [build_the_day_that_ended, check_every_six_hours]
