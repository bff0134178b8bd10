"""Alerts by mail. Metadata holds the number of letters: no address, no figure of anybody."""

from __future__ import annotations

import asyncio
from typing import Any

import dagster as dg

from evosense.db.database import open_pool
from evosense.mail.smtp import open_mailer
from evosense.metrics.alerts.letters import mail_alerts
from evosense.settings import DatabaseSettings, MailSettings, ServingSettings, load


@dg.asset(pool="alert_letters", group_name="analytics", kinds={"postgres"})
def alert_letters() -> dg.MaterializeResult[Any]:
    """Mails the alerts of the day before to who wants them, each day once, from seven in the morning on."""
    return dg.MaterializeResult(metadata={"letters": asyncio.run(_mail())})


async def _mail() -> int:
    address = (load(ServingSettings).public_url or "").rstrip("/")
    url = load(DatabaseSettings).require_url()
    async with open_pool(url, "evosense_pipeline", max_size=1, application="evosense alerts") as pool:
        return await mail_alerts(pool, open_mailer(load(MailSettings)), address)
