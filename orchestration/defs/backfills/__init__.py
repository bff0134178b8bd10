"""When past days are worked on again: whatever was asked for, and every night what is not complete."""

from __future__ import annotations

from orchestration.defs.backfills.jobs import backfill_ai_days, backfill_warehouse_days
from orchestration.defs.backfills.repair import repair_every_night, repair_incomplete_days
from orchestration.defs.backfills.sensors import launch_backfills

JOBS = [backfill_ai_days, backfill_warehouse_days, repair_incomplete_days]
SENSORS = [launch_backfills]
SCHEDULES = [repair_every_night]
