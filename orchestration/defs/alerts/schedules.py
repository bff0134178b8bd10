"""When alerts go out by mail."""

from __future__ import annotations

from collections.abc import Generator

import dagster as dg

from evosense.settings import MailSettings, load
from orchestration.defs.alerts.assets import alert_letters

letters_job = dg.define_asset_job(
    "mail_alerts", selection=dg.AssetSelection.assets(alert_letters), executor_def=dg.in_process_executor
)


@dg.schedule(job=letters_job, cron_schedule="11 * * * *", default_status=dg.DefaultScheduleStatus.RUNNING)
def tell_every_morning() -> Generator[dg.RunRequest | dg.SkipReason]:
    """Every hour, since it is morning somewhere; who was told already is left in peace."""
    can_send = load(MailSettings).smtp_host
    yield dg.RunRequest() if can_send else dg.SkipReason("there is no mail server: SMTP_HOST is not set")
