"""Alerts by mail: to who wants them, each day once, and only when there is something to tell."""

from __future__ import annotations

import asyncio

import pytest

from evosense.mail.console import ConsoleMailer
from evosense.mail.models import MailNotSent
from evosense.mail.smtp import SmtpMailer
from evosense.metrics.alerts.letters import mail_alerts
from evosense.settings import MailSettings
from evosense.testing.mail_server import MailServer

CHOICE = "/api/me/alert-letters"
ADDRESS = "https://evosense.example"
NEGATIVE = {"metric": "negative_pct", "condition": "above", "threshold": 25}
ALL_DAY, NEVER = 0, 24


@pytest.fixture
async def post():
    async with MailServer() as server:
        yield server


@pytest.fixture
def mailer(post):
    return SmtpMailer(MailSettings.model_construct(smtp_host="127.0.0.1", smtp_port=post.port, smtp_security="none"))


@pytest.fixture
async def ruled(api, people, bad_day):
    """Each company has a rule that only Ana's yesterday broke."""
    for name in ("ana", "bia"):
        url = f"/api/tenants/{people[name].tenant_id}/alert-rules"
        assert (await api.client.post(url, json=NEGATIVE, headers=api.headers(people[name]))).status_code == 201


@pytest.fixture
def choose(api, people):
    async def chosen(*names: str, wanted: bool = True) -> None:
        for name in names:
            answer = await api.client.put(CHOICE, json={"is_wanted": wanted}, headers=api.headers(people[name]))
            assert answer.json() == {"is_wanted": wanted, "is_possible": False}

    return chosen


async def test_each_chooses_for_themselves(api, people, choose):
    await choose("ana", "ana")
    for name, is_wanted in (("ana", True), ("alice", False), ("bia", False)):
        answer = await api.client.get(CHOICE, headers=api.headers(people[name]))
        assert answer.json() == {"is_wanted": is_wanted, "is_possible": False}, name
    await choose("ana", wanted=False)
    assert not (await api.client.get(CHOICE, headers=api.headers(people["ana"]))).json()["is_wanted"]


async def test_who_wants_them_is_told_once(pipeline_pool, people, ruled, choose, post, mailer):
    await choose("ana", "alice", "bia")
    runs = [mail_alerts(pipeline_pool, mailer, ADDRESS, hour=ALL_DAY) for _ in range(3)]
    assert sum(await asyncio.gather(*runs)) == 2
    assert sorted(mail["To"] for mail in post.inbox) == [people["alice"].email, people["ana"].email]
    lines = post.inbox[0].get_content().splitlines()
    assert "- Negativas: 100,0% (acima do limite de 25,0%)" in lines
    assert f"{ADDRESS}/configuracoes/alertas" in lines


async def test_nobody_is_told_before_the_morning_or_of_what_is_known(
    api, pipeline_pool, people, ruled, choose, post, mailer
):
    await choose("ana")
    assert await mail_alerts(pipeline_pool, mailer, ADDRESS, hour=NEVER) == 0
    headers, base = api.headers(people["alice"]), f"/api/tenants/{people['ana'].tenant_id}/alerts"
    [alert] = (await api.client.get(base, headers=headers)).json()
    await api.client.put(f"{base}/{alert['day']}/negative_pct/acknowledgement", headers=headers)
    assert await mail_alerts(pipeline_pool, mailer, ADDRESS, hour=ALL_DAY) == 0
    assert post.inbox == []


async def test_who_is_out_is_told_nothing(pipeline_pool, admin_connection, ruled, choose, post, mailer):
    await choose("ana", "alice")
    admin_connection.execute("update app.app_user set disabled_at = now() where name = 'Alice'")
    assert await mail_alerts(pipeline_pool, mailer, ADDRESS, hour=ALL_DAY) == 1
    admin_connection.execute("update app.alert_reader set told_day = null")
    admin_connection.execute("update app.tenant set status = 'suspended'")
    assert await mail_alerts(pipeline_pool, mailer, ADDRESS, hour=ALL_DAY) == 0


async def test_a_mail_server_that_is_away_gets_them_later(pipeline_pool, ruled, choose, post, mailer):
    await choose("ana")
    post.refusing = True
    with pytest.raises(MailNotSent):
        await mail_alerts(pipeline_pool, mailer, ADDRESS, hour=ALL_DAY)
    post.refusing = False
    assert await mail_alerts(pipeline_pool, mailer, ADDRESS, hour=ALL_DAY) == 1


async def test_nothing_is_printed_into_a_log(pipeline_pool, ruled, choose, capsys):
    await choose("ana")
    capsys.readouterr()  # the request's own line
    assert await mail_alerts(pipeline_pool, ConsoleMailer(), ADDRESS, hour=ALL_DAY) == 0
    assert capsys.readouterr().out == ""
