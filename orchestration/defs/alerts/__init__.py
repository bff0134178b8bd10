"""When people are told by mail what was out of the ordinary."""

from __future__ import annotations

from orchestration.defs.alerts.assets import alert_letters
from orchestration.defs.alerts.schedules import letters_job, tell_every_morning

ASSETS = [alert_letters]
JOBS = [letters_job]
SCHEDULES = [tell_every_morning]
