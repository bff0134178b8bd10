"""What is older than the plan keeps goes everywhere, by event time, whatever the company's status; the rest stays."""

from collections import Counter
from datetime import timedelta

import psycopg
import pytest

from evosense.privacy import retention, statements
from evosense.privacy.holds import place_hold, release_hold
from evosense.privacy.retention import apply_retention, late_tenants, unknown_plans
from evosense.tenants.repository import add_tenant
from tests.house.mart_shells import create_marts
from tests.integration.privacy.conftest import NOW, add_row, add_rows_about, hear, text_message, traces_in

OLD = "5511911112222@s.whatsapp.net"
NEW = "5511933334444@s.whatsapp.net"
BOTH = "5511955556666@s.whatsapp.net"


def ids_of(connection: psycopg.Connection, digest: bytes, external_id: str) -> dict:
    row = connection.execute(
        "select i.id, l.contact_id, l.chat_id, m.id from app.identity as i "
        "inner join app.identity_link as l on l.identity_id = i.id inner join app.message as m "
        "on m.chat_identity_id = i.id where i.jid_hmac = %s and m.external_id = %s",
        (digest, external_id),
    ).fetchone()
    return dict(zip(("identity_id", "contact_id", "chat_id", "message_id"), row, strict=True))


@pytest.fixture
async def heard(inbox, recipient, admin_connection, tenant_id):
    """On the plan pro (180 days): one person long ago, one of today, one of both times, with rows in every store."""
    limit = NOW - timedelta(days=180)
    for message_id, chat, at in (
        ("OLD", OLD, limit - timedelta(minutes=1)),
        ("EDGE", BOTH, limit - timedelta(minutes=1)),
        ("JUST", BOTH, limit + timedelta(minutes=1)),
        ("NEW", NEW, NOW - timedelta(days=1)),
    ):
        said = text_message(message_id, f"texto {message_id}", chat=chat, at=int(at.timestamp()))
        # Heard at the time, or the door would refuse it.
        await inbox.store([hear(recipient, "messages.upsert", said, at=at + timedelta(minutes=1))])
    people = {
        "old": ids_of(admin_connection, recipient.keys.address_hmac(OLD), "OLD"),
        "new": ids_of(admin_connection, recipient.keys.address_hmac(NEW), "NEW"),
    }
    for person in people.values():
        add_rows_about(admin_connection, tenant_id, person)
    # Those rows' own times are those of their messages.
    admin_connection.execute("update app.conversation_close set closed_at = %s", (NOW,))
    admin_connection.execute("delete from app.dirty")
    return people


def texts(connection: psycopg.Connection) -> list[str]:
    return [row[0] for row in connection.execute("select external_id from app.message order by 1").fetchall()]


async def test_what_is_too_old_goes_from_every_store_and_nothing_else(
    pipeline_pool, admin_connection, tenant_id, heard, monkeypatch
):
    monkeypatch.setattr(retention, "BATCH", 1)
    old = [str(heard["old"][name]) for name in ("message_id", "identity_id")]
    new = [str(heard["new"][name]) for name in heard["new"]]
    before = traces_in(admin_connection, new)
    assert "app.message_score" in traces_in(admin_connection, old)
    [result] = await apply_retention(pipeline_pool, NOW)
    assert (result.outcome, result.counts["app.message"]) == ("done", 2)
    assert texts(admin_connection) == ["JUST", "NEW"]
    # First seen stays, so that who comes back is not new; what happened today is of today.
    left = set(traces_in(admin_connection, old))
    assert left <= {"app.contact_first_seen", "app.conversation_close", "app.message_event", "app.live_event"}
    assert traces_in(admin_connection, new) == before
    # Nothing tells the warehouse to compute those days again: their figures are frozen.
    assert admin_connection.execute("select count(*) from app.dirty").fetchone()[0] == 0
    assert (await apply_retention(pipeline_pool, NOW))[0].counts.total() == 0


async def test_a_dry_run_counts_what_a_run_deletes_and_deletes_nothing(pipeline_pool, admin_connection, heard):
    [planned] = await apply_retention(pipeline_pool, NOW, dry_run=True)
    assert (planned.outcome, len(texts(admin_connection))) == ("dry_run", 4)
    [done] = await apply_retention(pipeline_pool, NOW)
    for table in ("app.message", "app.message_body", "app.message_score", "app.inference", "app.human_label"):
        assert (table, done.counts[table]) == (table, planned.counts[table])
        assert done.counts[table] >= 1
    outcomes = admin_connection.execute("select outcome from app.retention_run order by id").fetchall()
    assert [row[0] for row in outcomes] == ["dry_run", "dry_run", "done"]


@pytest.mark.parametrize("status", ["pending", "trial", "active", "grace", "suspended", "canceled"])
async def test_every_status_is_cleaned(pipeline_pool, admin_connection, tenant_id, heard, status):
    admin_connection.execute("update app.tenant set status = %s", (status,))
    await apply_retention(pipeline_pool, NOW)
    assert texts(admin_connection) == ["JUST", "NEW"]


async def test_an_unknown_plan_deletes_nothing_and_says_so(pipeline_pool, admin_connection, tenant_id, heard):
    admin_connection.execute("alter table app.tenant drop constraint tenant_plan_id_fkey")
    admin_connection.execute("update app.tenant set plan_id = 'mystery'")
    [result] = await apply_retention(pipeline_pool, NOW)
    assert (result.outcome, result.counts) == ("unknown_plan", Counter())
    assert len(texts(admin_connection)) == 4
    async with pipeline_pool.connection() as connection:
        assert await unknown_plans(connection) == [tenant_id]


@pytest.mark.parametrize("whole", [True, False])
async def test_a_hold_keeps_what_it_names(pipeline_pool, admin_connection, tenant_id, recipient, heard, whole):
    hmacs = None if whole else [recipient.keys.address_hmac(OLD)]
    async with pipeline_pool.connection() as connection:
        hold = await place_hold(connection, tenant_id, reason="processo", placed_by="x", jid_hmacs=hmacs)
    raw = admin_connection.execute("select count(*) from raw.evolution_event").fetchone()[0]
    [result] = await apply_retention(pipeline_pool, NOW)
    assert texts(admin_connection) == (["EDGE", "JUST", "NEW", "OLD"] if whole else ["JUST", "NEW", "OLD"])
    assert result.outcome == ("legal_hold" if whole else "done")
    body = admin_connection.execute("select count(*) from app.message_body where text = 'texto OLD'").fetchone()[0]
    assert body == 1
    assert admin_connection.execute("select count(*) from raw.evolution_event").fetchone()[0] == (raw if whole else 2)
    async with pipeline_pool.connection() as connection:
        assert await late_tenants(connection, NOW + timedelta(days=1)) == []
        await release_hold(connection, tenant_id, hold, released_by="x")
        assert [row[0] for row in await late_tenants(connection, NOW + timedelta(days=1))] == [tenant_id]
    await apply_retention(pipeline_pool, NOW)
    assert texts(admin_connection) == ["JUST", "NEW"]


async def test_plans_keep_for_their_own_time_and_companies_lose_only_their_own(
    pipeline_pool, admin_connection, master_key, heard
):
    async with pipeline_pool.connection() as connection:
        await add_tenant(connection, master_key, name="Outra", plan_id="scale")
    admin_connection.execute("update app.tenant set plan_id = 'enterprise' where name <> 'Outra'")
    await apply_retention(pipeline_pool, NOW)
    assert len(texts(admin_connection)) == 4
    admin_connection.execute("update app.tenant set plan_id = 'starter'")
    await apply_retention(pipeline_pool, NOW)
    assert texts(admin_connection) == ["NEW"]


async def test_raw_events_go_after_a_week_whatever_the_plan_keeps(pipeline_pool, admin_connection, heard, tenant_id):
    assert admin_connection.execute("select count(*) from raw.evolution_event").fetchone()[0] == 4
    await apply_retention(pipeline_pool, NOW)
    ids = admin_connection.execute("select external_ids from raw.evolution_event").fetchall()
    assert ids == [(["NEW"],)]


async def test_figures_of_five_people_are_frozen_and_smaller_ones_dropped(
    pipeline_pool, admin_connection, tenant_id, recipient, inbox
):
    create_marts(admin_connection)
    for table in admin_connection.execute("select tablename from pg_tables where schemaname = 'analytics'").fetchall():
        admin_connection.execute(f"grant all on analytics.{table[0]} to evosense_pipeline")
    limit = NOW - timedelta(days=180)
    for number, at in enumerate((limit - timedelta(days=3), limit - timedelta(days=2), limit + timedelta(days=2))):
        said = text_message(f"M{number}", "oi", at=int(at.timestamp()))
        await inbox.store([hear(recipient, "messages.upsert", said, at=at + timedelta(minutes=1))])
        day = {"tenant_id": tenant_id, "local_day": at.date(), "prompt_hashes": [], "config_hashes": []}
        people = 5 if number == 0 else 4
        add_row(admin_connection, "analytics.fct_daily_kpis", {**day, "active_contacts": people, "messages_in": 31})
        for hour, messages in ((9, 5), (10, 4)):
            cell = {**day, "local_hour": hour, "messages_in": messages}
            add_row(admin_connection, "analytics.fct_hourly_kpis", cell)
    admin_connection.execute("delete from app.stale_day")
    [result] = await apply_retention(pipeline_pool, NOW)
    assert result.frozen_days == 2
    days = admin_connection.execute(
        "select local_day, active_contacts from analytics.fct_daily_kpis order by 1"
    ).fetchall()
    assert [row[1] for row in days] == [5, 4]  # the first is kept, the second dropped, the third is not old
    hours = admin_connection.execute("select local_hour, count(*) from analytics.fct_hourly_kpis group by 1 order by 1")
    assert hours.fetchall() == [(9, 3), (10, 1)]
    frozen = admin_connection.execute(
        "select figures ->> 'active_contacts' from app.frozen_figure where mart = 'fct_daily_kpis' order by local_day"
    ).fetchall()
    assert frozen == [("5",), (None,)]
    # A late mark can't have a frozen day built again out of nothing.
    for row in days:
        admin_connection.execute("insert into app.stale_day values (%s, %s)", (tenant_id, row[0]))
    assert admin_connection.execute("select local_day from app.stale_day").fetchall() == [(days[1][0],)]


async def test_a_run_that_died_goes_on_where_it_stopped(pipeline_pool, admin_connection, heard, monkeypatch):
    real = statements.delete_older
    monkeypatch.setattr(statements, "delete_older", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        await apply_retention(pipeline_pool, NOW)
    assert texts(admin_connection) == ["JUST", "NEW"]
    monkeypatch.setattr(statements, "delete_older", real)
    [result] = await apply_retention(pipeline_pool, NOW)
    assert result.outcome == "done"
    assert admin_connection.execute("select count(*) from raw.evolution_event").fetchone()[0] == 1
