"""Everything that Dagster runs, on one page. Plain `dg.Definitions`: folder autoload costs 2 s at every run start."""

from __future__ import annotations

import dagster as dg

from evosense import log
from orchestration.defs import alerts, analytics, backfills, billing, experiments, privacy, search
from orchestration.defs.embeddings.assets import message_embeddings
from orchestration.defs.scoring.assets import message_scores
from orchestration.defs.scoring.backfill import score_tenant_days
from orchestration.defs.scoring.checks import CHECKS, check_every_three_hours, check_job
from orchestration.defs.scoring.drain import drain
from orchestration.defs.scoring.sensors import drain_job, keep_draining
from orchestration.defs.scoring.students import student_models, students_job, teach_every_week

# Where Dagster writes errors that DAGSTER_REDACT_USER_CODE_ERRORS keeps out of its database and its UI.
log.keep_apart("dagster.redacted_errors")

defs = dg.Definitions(
    assets=[
        drain,
        message_scores,
        message_embeddings,
        student_models,
        *alerts.ASSETS,
        *analytics.ASSETS,
        *billing.ASSETS,
        *experiments.ASSETS,
        *search.ASSETS,
        *privacy.ASSETS,
    ],
    asset_checks=[*CHECKS, *analytics.CHECKS, *experiments.CHECKS],
    jobs=[
        drain_job,
        check_job,
        score_tenant_days,
        students_job,
        *alerts.JOBS,
        *analytics.JOBS,
        *billing.JOBS,
        *experiments.JOBS,
        *search.JOBS,
        *privacy.JOBS,
        *backfills.JOBS,
    ],
    schedules=[
        check_every_three_hours,
        teach_every_week,
        *alerts.SCHEDULES,
        *analytics.SCHEDULES,
        *billing.SCHEDULES,
        *search.SCHEDULES,
        *privacy.SCHEDULES,
        *backfills.SCHEDULES,
    ],
    sensors=[
        keep_draining,
        *analytics.SENSORS,
        *billing.SENSORS,
        *experiments.SENSORS,
        *search.SENSORS,
        *privacy.SENSORS,
        *backfills.SENSORS,
    ],
    # Steps are light and mostly wait: a process of its own for each would cost seconds and 150 MB.
    executor=dg.in_process_executor,
)
