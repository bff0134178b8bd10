"""Erasing a person: nothing of them is left in any table, nobody else loses anything, and they do not come back."""

import hashlib
import json

import pytest

from evosense.privacy.certificate import name_of
from evosense.privacy.erasure import risen_people
from evosense.privacy.fulfil import fulfil, fulfil_open
from evosense.privacy.holds import place_hold, release_hold
from evosense.privacy.requests import get_certificate, get_request, open_request
from evosense.privacy.subjects import address_hmacs
from tests.integration.privacy.conftest import ANA, BRUNO, add_rows_about, hear, text_message, traces_in

# Where a trace may stay: proof, and what has the company's days computed again.
_MAY_NAME = {"app.tombstone", "app.privacy_request", "app.dirty", "app.audit_log"}


@pytest.fixture
def everywhere(admin_connection, heard, tenant_id):
    """Rows about both people in every store that points to people."""
    for name in ("ana", "bruno"):
        reached = add_rows_about(admin_connection, tenant_id, heard[name])
    admin_connection.execute("delete from app.dirty")
    return reached


async def ask(pool, master_key, tenant_id, kind="erase", phone="+55 11 91111-2222", **more):
    async with pool.connection() as connection, connection.transaction():
        hmacs = await address_hmacs(connection, master_key, tenant_id, phone)
        return await open_request(connection, master_key, tenant_id, kind, hmacs, requested_by="user:x", **more)


def traces(people, *names) -> list[str]:
    return sorted({str(value) for name in names for value in people[name].values() if value})


async def test_nothing_is_left_of_the_person_and_all_of_everybody_else(
    pipeline_pool, master_key, tenant_id, admin_connection, recipient, heard, everywhere
):
    assert len(everywhere) >= 18
    ana, bruno = traces(heard, "ana", "hidden"), traces(heard, "bruno")
    hmacs = [recipient.keys.address_hmac(one).hex() for one in (ANA, "77@lid")]
    before = traces_in(admin_connection, ana)
    assert {store.table for store in everywhere} <= set(before)
    others = traces_in(admin_connection, bruno)
    request_id = await ask(pipeline_pool, master_key, tenant_id)
    done = await fulfil(pipeline_pool, master_key, tenant_id, request_id)
    assert (done.state, done.reason) == ("done", None)
    assert set(traces_in(admin_connection, [*ana, *hmacs, "Canário"])) <= _MAY_NAME
    # Bruno's raw events went where they named Ana, too: the group's list.
    after = traces_in(admin_connection, bruno)
    assert {**after, "raw.evolution_event": 0} == {**others, "raw.evolution_event": 0}
    kept = admin_connection.execute("select external_id from app.message order by 1").fetchall()
    assert kept == [("B1",), ("B2",)]
    assert done.counts["app.message"] == 4
    assert done.counts["raw.evolution_event"] == 5
    for store in everywhere:
        assert done.counts[store.table] >= 1, store.table
    # The days lose figures, so they are computed again.
    assert admin_connection.execute("select count(*) from app.dirty where cause = 'erasure'").fetchone()[0] >= 1


async def test_a_history_sync_does_not_bring_them_back(
    pipeline_pool, master_key, tenant_id, admin_connection, inbox, recipient, heard
):
    await fulfil(pipeline_pool, master_key, tenant_id, await ask(pipeline_pool, master_key, tenant_id))
    stored = await inbox.store(
        [
            hear(recipient, "messages.set", [text_message("A1", "minha conta não abre", chat=ANA)]),
            hear(recipient, "messages.upsert", text_message("A9", "oi", chat="77@lid")),
            hear(recipient, "messages.upsert", text_message("A8", "oi", chat="551191112222@s.whatsapp.net")),
            hear(recipient, "messages.upsert", text_message("G9", "oi", chat="1203@g.us", participant=ANA)),
            hear(recipient, "messages.upsert", text_message("B9", "oi", chat=BRUNO)),
        ]
    )
    assert (stored.refused, stored.messages) == (3, 2)  # the third number is somebody else's
    async with pipeline_pool.connection() as connection:
        assert await risen_people(connection) == []


async def test_older_versions_of_the_key_find_the_person_too(
    pipeline_pool, master_key, tenant_id, admin_connection, heard
):
    wrapped = master_key.wrap(tenant_id, "identity", 2, b"k" * 32)
    admin_connection.execute(
        "insert into app.tenant_key (tenant_id, purpose, version, wrapped_key) values (%s, 'identity', 2, %s)",
        (tenant_id, wrapped),
    )
    done = await fulfil(pipeline_pool, master_key, tenant_id, await ask(pipeline_pool, master_key, tenant_id))
    assert done.counts["app.message"] == 4
    buried = admin_connection.execute(
        "select key_version, count(*) from app.tombstone group by 1 order by 1"
    ).fetchall()
    assert buried == [(1, 2), (2, 2)]


async def test_certificates_name_what_went_and_continue_one_another(pipeline_pool, master_key, tenant_id, heard):
    first = await fulfil(pipeline_pool, master_key, tenant_id, await ask(pipeline_pool, master_key, tenant_id))
    second = await fulfil(
        pipeline_pool, master_key, tenant_id, await ask(pipeline_pool, master_key, tenant_id, phone=BRUNO)
    )
    async with pipeline_pool.connection() as connection:
        one, two = [await get_certificate(connection, tenant_id, done.id) for done in (first, second)]
    assert name_of(one) == first.certificate_hash == "e1:" + hashlib.sha256(one).hexdigest()
    assert json.loads(one)["rows"]["app.message"] == 4
    assert json.loads(two)["previous"] == first.certificate_hash
    assert "91111" not in one.decode()


async def test_nobody_is_found_and_stays_away_all_the_same(pipeline_pool, master_key, tenant_id, inbox, recipient):
    request_id = await ask(pipeline_pool, master_key, tenant_id, phone="+5511955556666")
    done = await fulfil(pipeline_pool, master_key, tenant_id, request_id)
    assert (done.state, done.reason) == ("done", "nothing_found")
    event = hear(recipient, "messages.upsert", text_message("X", "oi", chat="5511955556666@s.whatsapp.net"))
    assert (await inbox.store([event])).refused == 1


@pytest.mark.parametrize("of_person", [True, False])
async def test_a_hold_refuses_erasure_until_it_is_released(
    pipeline_pool, master_key, tenant_id, admin_connection, recipient, heard, of_person
):
    hidden = [recipient.keys.address_hmac("77@lid")] if of_person else None
    async with pipeline_pool.connection() as connection:
        hold = await place_hold(connection, tenant_id, reason="processo", placed_by="user:x", jid_hmacs=hidden)
    done = await fulfil(pipeline_pool, master_key, tenant_id, await ask(pipeline_pool, master_key, tenant_id))
    assert (done.state, done.reason) == ("refused", "legal_hold")
    assert admin_connection.execute("select count(*) from app.message").fetchone()[0] == 6
    assert admin_connection.execute("select count(*) from app.tombstone").fetchone()[0] == 0
    async with pipeline_pool.connection() as connection:
        await release_hold(connection, tenant_id, hold, released_by="user:x")
    await ask(pipeline_pool, master_key, tenant_id)
    assert await fulfil_open(pipeline_pool, master_key) == {"erase done": 1}


async def test_another_company_keeps_what_the_same_person_told_it(
    pipeline_pool, master_key, tenant_id, other_tenant_id, inbox, make_recipient, heard, admin_connection
):
    other = await make_recipient(other_tenant_id, "outra")
    await inbox.store([hear(other, "messages.upsert", text_message("O1", "olá", chat=ANA))])
    await fulfil(pipeline_pool, master_key, tenant_id, await ask(pipeline_pool, master_key, tenant_id))
    rows = admin_connection.execute("select count(*) from app.message where tenant_id = %s", (other_tenant_id,))
    assert rows.fetchone()[0] == 1
    assert (await inbox.store([hear(other, "messages.upsert", text_message("O2", "olá", chat=ANA))])).messages == 1


async def test_a_request_that_fails_is_told_by_its_class_only(pipeline_pool, master_key, tenant_id, heard, monkeypatch):
    async def broken(*_):
        raise RuntimeError("5511911112222")

    monkeypatch.setitem(fulfil.__globals__["_WORK"], "erase", broken)
    request_id = await ask(pipeline_pool, master_key, tenant_id)
    for attempt in (1, 2):
        running = await fulfil(pipeline_pool, master_key, tenant_id, request_id)
        assert (running.state, running.attempts) == ("running", attempt)
    failed = await fulfil(pipeline_pool, master_key, tenant_id, request_id)
    assert (failed.state, failed.reason) == ("failed", "RuntimeError")
    async with pipeline_pool.connection() as connection:
        assert not (await get_request(connection, tenant_id, request_id)).is_open
