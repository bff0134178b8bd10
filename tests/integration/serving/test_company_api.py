"""The company's settings with their ETag, its usage, its audit log."""

from datetime import UTC, datetime

import psycopg
import pytest

from evosense.db.ids import new_id
from tests.integration.search.corpus import Chat


@pytest.fixture
def address(people) -> str:
    return f"/api/tenants/{people['ana'].tenant_id}"


async def test_look_and_change(api, people, address, admin_connection):
    headers = api.headers(people["ana"])
    first = await api.client.get(address, headers=headers)
    assert (first.json()["name"], first.json()["locale"]) == ("Loja Aurora", "pt-BR")
    tag = first.headers["etag"]
    again = await api.client.get(address, headers=headers | {"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    change = {"name": "Aurora Modas", "locale": "en"}
    changed = await api.client.patch(address, json=change, headers=headers | {"If-Match": tag})
    assert (changed.status_code, changed.json()["name"]) == (200, "Aurora Modas")
    late = await api.client.patch(address, json={"name": "Outra"}, headers=headers | {"If-Match": tag})
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    now = await api.client.get(address, headers=headers)
    assert (now.json()["name"], now.headers["etag"]) == ("Aurora Modas", changed.headers["etag"])
    [detail] = admin_connection.execute("select detail from app.audit_log where action = 'company_changed'").fetchone()
    assert detail == {"fields": ["locale", "name"]}


async def test_another_timezone_counts_the_days_anew(api, people, address, pipeline_pool, admin_connection):
    tenant_id = people["ana"].tenant_id
    async with pipeline_pool.connection() as connection:
        chat = await Chat(connection, tenant_id).open()
        await chat.say("boa noite", sent_at=datetime(2026, 11, 20, 2, 30, tzinfo=UTC))
    headers = api.headers(people["ana"])
    for wrong in ("Mars/Olympus", "posix/../x", "", "America/Sao_Paulo' or 1=1"):
        assert (await api.client.patch(address, json={"timezone": wrong}, headers=headers)).status_code == 422
    admin_connection.execute("delete from app.dirty")
    assert (await api.client.patch(address, json={"timezone": "Asia/Tokyo"}, headers=headers)).status_code == 200
    marked = admin_connection.execute("select local_day::text, cause from app.dirty order by 1").fetchall()
    assert marked == [("2026-11-19", "link"), ("2026-11-20", "link")]
    await api.client.patch(address, json={"timezone": "Asia/Tokyo"}, headers=headers)
    assert admin_connection.execute("select count(*) from app.dirty").fetchone() == (2,)


async def test_usage(api, people):
    usage = (await api.client.get("/api/usage", headers=api.headers(people["alice"]))).json()
    assert (usage["plan"], usage["access"], usage["retention_days"]) == ("pro", "full", 180)
    meters = {one["meter"]: (one["used"], one["limit"]) for one in usage["meters"]}
    assert meters == {
        "connections": (0, 3),
        "users": (3, 10),
        "contacts": (0, 10_000),
        "exports": (0, 5),
        "campaigns": (0, 50),
    }


async def test_the_audit_log_in_pages(api, people, admin_connection):
    ana, bia = people["ana"], people["bia"]
    for number in range(5):
        for person in (ana, bia):
            admin_connection.execute(
                "insert into app.audit_log (tenant_id, id, actor, action, target) values (%s, %s, %s, 'x', %s)",
                (person.tenant_id, new_id(), f"user:{person.user_id}", str(number)),
            )
    headers = api.headers(ana)
    targets, page = [], ""
    while page is not None:
        answer = (await api.client.get(f"/api/audit-log?limit=2{page and '&page=' + page}", headers=headers)).json()
        targets += [(entry["actor"], entry["target"]) for entry in answer["items"]]
        page = answer["next_page"]
    assert targets == [(f"user:{ana.user_id}", str(number)) for number in (4, 3, 2, 1, 0)]
    for query in ("?action=y", "?actor=user:nobody"):
        assert (await api.client.get(f"/api/audit-log{query}", headers=headers)).json()["items"] == []
    assert (await api.client.get("/api/audit-log?page=x", headers=headers)).status_code == 422


async def test_acts_are_never_changed(api, people, api_pool):
    async with api_pool.connection() as connection:
        for statement in ("update app.audit_log set actor = 'x'", "delete from app.audit_log"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await connection.execute(statement)
            await connection.rollback()
