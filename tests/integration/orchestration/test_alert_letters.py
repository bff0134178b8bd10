"""Alerts by mail in Dagster: an hourly run where mail can be sent, and its figures hold no address."""

import asyncio

import dagster as dg

from orchestration.defs.alerts import alert_letters, tell_every_morning


def _tick() -> dg.RunRequest | dg.SkipReason:
    [answer] = tell_every_morning(dg.build_schedule_context())
    return answer


async def test_without_a_mail_server_nothing_is_started(environment):
    assert isinstance(_tick(), dg.SkipReason)


async def test_a_run_tells_how_many_letters_went_out(environment, monkeypatch, dagster_instance):
    monkeypatch.setenv("SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("PUBLIC_URL", "https://evosense.example")
    assert isinstance(_tick(), dg.RunRequest)
    result = await asyncio.to_thread(dg.materialize, [alert_letters], instance=dagster_instance)
    [event] = result.get_asset_materialization_events()
    assert {name: value.value for name, value in event.materialization.metadata.items()} == {"letters": 0}
