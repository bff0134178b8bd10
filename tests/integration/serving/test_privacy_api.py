"""Requests of people over HTTP: a phone goes in as people write it, HMACs are kept, nobody else sees anything."""

import hashlib
import hmac

import pytest

from evosense.tenants.repository import open_keys


@pytest.fixture
async def keys(pipeline_pool, people, master_key):
    async with pipeline_pool.connection() as connection:
        return await open_keys(connection, master_key, people["ana"].tenant_id)


async def ask(api, person, **body):
    return await api.client.post("/api/privacy/requests", json=body, headers=api.headers(person))


@pytest.mark.parametrize(
    "written",
    ["+55 11 98765-4321", "(11) 98765-4321", "551187654321", "0055 11 98765 4321", "5511987654321@s.whatsapp.net"],
)
async def test_a_phone_however_written_becomes_the_same_hmac_and_is_not_kept(
    api, people, keys, admin_connection, written
):
    answer = await ask(api, people["ana"], kind="access", phone=written)
    assert (answer.status_code, answer.json()["state"]) == (202, "received")
    expected = hmac.new(keys.identity, b"5511987654321@s.whatsapp.net", hashlib.sha256).digest()
    [(stored,)] = admin_connection.execute("select jid_hmacs from app.privacy_request").fetchall()
    assert [bytes(one) for one in stored] == [expected]
    for table in ("privacy_request", "audit_log"):
        rows = admin_connection.execute(f"select {table}::text from app.{table}").fetchall()
        assert rows
        assert "98765" not in str(rows)


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "access"},
        {"kind": "access", "phone": "não sei de cor"},
        {"kind": "access", "phone": "120363@g.us00"},
        {"kind": "correct", "phone": "+5511987654321"},
        {"kind": "erase", "phone": "+5511987654321", "name": "x"},
        {"kind": "forget", "phone": "+5511987654321"},
    ],
)
async def test_what_can_not_be_used_is_refused_and_not_repeated(api, people, body):
    answer = await ask(api, people["ana"], **body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert "98765" not in answer.text


async def test_a_request_is_due_in_fifteen_days_and_can_be_taken_back_once(api, people):
    made = (await ask(api, people["ana"], kind="erase", phone="+5511987654321")).json()
    assert made["due_at"][:10] > made["requested_at"][:10]
    place, ana = f"/api/privacy/requests/{made['id']}", api.headers(people["ana"])
    assert (await api.client.get(place, headers=api.headers(people["bia"]))).status_code == 404
    assert (await api.client.post(f"{place}/cancel", headers=api.headers(people["bia"]))).status_code == 404
    assert (await api.client.post(f"{place}/cancel", headers=ana)).json()["state"] == "canceled"
    assert (await api.client.post(f"{place}/cancel", headers=ana)).status_code == 409
    assert [one["state"] for one in (await api.client.get("/api/privacy/requests", headers=ana)).json()] == ["canceled"]


async def test_a_hold_is_placed_listed_and_released(api, people):
    ana, bia = api.headers(people["ana"]), api.headers(people["bia"])
    body = {"phone": "+5511987654321", "reason": "Processo 1"}
    made = (await api.client.post("/api/privacy/holds", json=body, headers=ana)).json()
    assert made["is_of_person"]
    whole = (await api.client.post("/api/privacy/holds", json={"reason": "Auditoria"}, headers=ana)).json()
    assert not whole["is_of_person"]
    assert (await api.client.get("/api/privacy/holds", headers=bia)).json() == []
    place = f"/api/privacy/holds/{made['id']}"
    assert (await api.client.delete(place, headers=bia)).status_code == 404
    assert (await api.client.delete(place, headers=ana)).status_code == 204
    assert (await api.client.delete(place, headers=ana)).status_code == 404
    listed = (await api.client.get("/api/privacy/holds", headers=ana)).json()
    assert [one["released_at"] is None for one in listed] == [True, False]


async def test_backfills_are_asked_for_once_and_can_be_canceled(api, people):
    ana = api.headers(people["ana"])
    body = {"kind": "warehouse", "first_day": "2026-09-01", "last_day": "2026-10-30"}
    first = (await api.client.post("/api/backfills", json=body, headers=ana)).json()
    assert (await api.client.post("/api/backfills", json=body, headers=ana)).json()["id"] == first["id"]
    for wrong in ({"first_day": "2026-11-01"}, {"last_day": "2036-10-30"}):
        assert (await api.client.post("/api/backfills", json={**body, **wrong}, headers=ana)).status_code == 422
    dear = await api.client.post("/api/backfills", json={**body, "kind": "scoring", "max_cost_usd": -1}, headers=ana)
    assert dear.status_code == 422
    days = "first_day=2026-09-01&last_day=2026-10-30"
    expected = await api.client.get(f"/api/backfills/estimate?{days}", headers=ana)
    assert expected.json() == {"messages": 0, "cost_usd": 0.0, "seconds": 0.0}
    place = f"/api/backfills/{first['id']}/cancel"
    assert (await api.client.post(place, headers=api.headers(people["bia"]))).status_code == 404
    assert (await api.client.post(place, headers=ana)).json()["state"] == "canceled"
    assert (await api.client.post(place, headers=ana)).status_code == 409
