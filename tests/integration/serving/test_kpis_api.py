"""KPIs over HTTP: the figures of the company's own days, counted again by hand."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from serving.schemas.kpis import DailySeries, Metrics
from tests.integration.search.corpus import Chat


@pytest.fixture
async def talk(pipeline_pool, people):
    """Yesterday two scored messages and an answer after four minutes; the day before, one without a score."""
    noon = datetime.now(ZoneInfo("America/Sao_Paulo")).replace(hour=12, minute=0, second=0, microsecond=0)
    async with pipeline_pool.connection() as connection:
        chat = await Chat(connection, people["ana"].tenant_id).open()
        await chat.say("atrasou de novo", score=(-0.5, 20), sent_at=noon - timedelta(days=1))
        await chat.say("já vou ver", direction="out", sent_at=noon - timedelta(days=1) + timedelta(minutes=4))
        await chat.say("agora sim, obrigada", score=(0.9, 95), sent_at=noon - timedelta(days=1, minutes=-10))
        await chat.say("oi", sent_at=noon - timedelta(days=3))
        await connection.execute(
            "insert into app.model_config (tenant_id, config_hash, provider, model, canonical) "
            "values (app.everyone(), 'c1:x', 'embedded', 'leia-rules-1', '')"
        )
    return noon.date()


async def test_a_period(api, people, talk):
    ana = people["ana"]
    path = f"/api/tenants/{ana.tenant_id}/metrics"
    metrics = Metrics.model_validate_json((await api.client.get(path, headers=api.headers(ana))).content)
    assert (metrics.total_messages, metrics.messages_in, metrics.messages_out) == (4, 3, 1)
    assert (metrics.scored, metrics.eligible, metrics.coverage) == (2, 3, pytest.approx(2 / 3, abs=1e-6))
    assert (metrics.avg_sentiment, metrics.avg_satisfaction) == (pytest.approx(0.2), pytest.approx(57.5))
    assert (metrics.positive_pct, metrics.neutral_pct, metrics.negative_pct) == (50, 0, 50)
    assert (metrics.first_response_seconds, metrics.messages_today, metrics.active_connections) == (240, 0, 1)
    assert [(each.provider, each.model) for each in metrics.scored_by] == [("embedded", "leia-rules-1")]
    empty = f"{path}?from=2026-01-01&to=2026-01-02"
    nothing = Metrics.model_validate_json((await api.client.get(empty, headers=api.headers(ana))).content)
    assert (nothing.total_messages, nothing.avg_sentiment, nothing.coverage, nothing.scored_by) == (0, None, None, [])


async def test_day_by_day(api, people, talk):
    ana = people["ana"]
    path = f"/api/tenants/{ana.tenant_id}/kpis?from={talk - timedelta(days=3)}&to={talk}"
    series = DailySeries.model_validate_json((await api.client.get(path, headers=api.headers(ana))).content)
    assert [day.day for day in series.days] == [talk - timedelta(days=back) for back in (3, 2, 1, 0)]
    assert [day.messages_in for day in series.days] == [1, 0, 2, 0]
    assert [day.avg_satisfaction for day in series.days] == [None, None, 57.5, None]
    assert series.days[2].first_response_seconds == 240


async def test_periods_that_make_no_sense(api, people):
    ana = people["ana"]
    base = f"/api/tenants/{ana.tenant_id}"
    for path in (
        "/kpis", "/kpis?from=2026-11-20", "/kpis?from=x&to=y", "/kpis?from=2026-11-20&to=2026-11-19",
        "/kpis?from=2020-01-01&to=2026-01-01", "/kpis?from=0001-01-01&to=0001-01-02", "/metrics?from=2026-11-20",
        "/metrics?to=2026-11-20", "/metrics?from=9999-12-31&to=9999-12-31",
    ):  # fmt: skip
        response = await api.client.get(base + path, headers=api.headers(ana))
        assert (path, response.status_code) == (path, 422)
