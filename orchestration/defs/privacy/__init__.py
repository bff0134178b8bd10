"""When people's requests are answered, when what is too old goes, and when reports are made."""

from __future__ import annotations

from orchestration.defs.privacy.assets import privacy_requests, retention, scheduled_reports, stored_texts
from orchestration.defs.privacy.schedules import (
    answer_requests,
    clean_every_night,
    make_reports,
    privacy_job,
    redaction_job,
    reports_job,
    retention_job,
)

ASSETS = [retention, privacy_requests, scheduled_reports, stored_texts]
JOBS = [retention_job, privacy_job, reports_job, redaction_job]
SENSORS = [answer_requests]
SCHEDULES = [clean_every_night, make_reports]
