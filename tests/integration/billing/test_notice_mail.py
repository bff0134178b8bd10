"""Notices by mail: once, to administrators, while they matter; and what is over a limit is told."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from evosense.billing.notice_mail import mail_notices
from evosense.billing.notices import Notice, add_notice
from evosense.billing.plans import set_contract_limit
from evosense.billing.reconcile import settle_all
from evosense.billing.repository import open_account
from evosense.db.ids import new_id
from evosense.mail.console import ConsoleMailer
from evosense.mail.models import MailNotSent
from evosense.mail.smtp import SmtpMailer
from evosense.settings import MailSettings
from evosense.tenants.repository import add_user
from evosense.testing.mail_server import MailServer

ADDRESS = "https://evosense.example"


@pytest.fixture
async def post():
    async with MailServer() as server:
        yield server


@pytest.fixture
def mailer(post):
    return SmtpMailer(MailSettings.model_construct(smtp_host="127.0.0.1", smtp_port=post.port, smtp_security="none"))


@pytest.fixture
async def told(pipeline_pool, tenant_id):
    """Two administrators, one of them out, an analyst; and a way to add a notice."""
    async with pipeline_pool.connection() as connection:
        for name, role in (("ana", "admin"), ("bea", "admin"), ("eva", "admin"), ("alice", "analyst")):
            email = f"{name}@aurora.example"
            await add_user(connection, tenant_id=tenant_id, email=email, name=name, role=role, password_hash="x")
        await connection.execute("update app.app_user set disabled_at = now() where name = 'eva'")

    async def add(kind: str, *, age: timedelta = timedelta(0), obsolete: bool = False) -> None:
        async with pipeline_pool.connection() as connection:
            notice = Notice(kind, str(new_id()), datetime.now(UTC) - age)
            await add_notice(connection, tenant_id, notice, obsolete=obsolete)

    return add


async def test_each_once_to_every_administrator(pipeline_pool, told, post, mailer):
    await told("payment_failed")
    await told("trial_ending", age=timedelta(days=4))
    await told("overdue", obsolete=True)
    runs = [mail_notices(pipeline_pool, mailer, ADDRESS, datetime.now(UTC)) for _ in range(3)]
    assert sum(await asyncio.gather(*runs)) == 1
    assert sorted(mail["To"] for mail in post.inbox) == ["ana@aurora.example", "bea@aurora.example"]
    assert "Pagamento não aprovado" in post.inbox[0]["Subject"]
    assert f"{ADDRESS}/billing" in post.inbox[0].get_content()


async def test_a_server_that_is_away_gets_them_later(pipeline_pool, told, post, mailer):
    await told("canceled")
    post.refusing = True
    with pytest.raises(MailNotSent):
        await mail_notices(pipeline_pool, mailer, ADDRESS, datetime.now(UTC))
    post.refusing = False
    assert await mail_notices(pipeline_pool, mailer, ADDRESS, datetime.now(UTC)) == 1


async def test_nothing_is_printed_into_a_log(pipeline_pool, told, capsys):
    await told("canceled")
    assert await mail_notices(pipeline_pool, ConsoleMailer(), ADDRESS, datetime.now(UTC)) == 0
    assert capsys.readouterr().out == ""


async def test_more_contacts_than_the_plan_has_are_told_once_a_month(pipeline_pool, tenant_id, admin_connection):
    async with pipeline_pool.connection() as connection:
        await open_account(connection, tenant_id, livemode=False, trial_ends_at=datetime.now(UTC) + timedelta(days=9))
        await set_contract_limit(connection, tenant_id, "contacts", 1, "test")
    for _ in range(2):
        admin_connection.execute(
            "insert into app.contact (tenant_id, id, first_seen_at) values (%s, %s, now())", (tenant_id, new_id())
        )
    await settle_all(pipeline_pool, datetime.now(UTC))
    await settle_all(pipeline_pool, datetime.now(UTC))
    rows = admin_connection.execute("select kind, detail from app.dunning_notice").fetchall()
    assert rows == [("over_limit", {"contacts": {"used": 2, "limit": 1}})]
    assert admin_connection.execute("select count(*) from app.contact").fetchone() == (2,)  # nobody is turned away
