"""The platform's people: apart from every company, and everything they do is written down."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from evosense.billing.reconcile import settle_all
from evosense.db.database import open_pool
from evosense.platform.admins import add_admin, disable_admin
from evosense.platform.tokens import PlatformTokens
from tests.house.mart_shells import create_marts
from tests.integration.serving.account_cases import PLATFORM_ROUTES
from tests.integration.serving.conftest import PASSWORD, SECRET_KEY, password_hash
from tests.integration.serving.test_isolation_matrix import CASES, things

__all__ = ["things"]  # a fixture
EMAIL = "root@evosense.example"
BODIES = {
    "POST /api/platform/tenants": {"name": "Nova", "plan": "pro", "email": "dona@nova.example"},
    "PATCH /api/platform/tenants/{tenant_id}": {"plan": "scale", "reason": "r"},
    "PUT /api/platform/tenants/{tenant_id}/limits/{meter}": {"value": 40, "reason": "r"},
}


@pytest.fixture
async def admin_id(pipeline_pool):
    async with pipeline_pool.connection() as connection:
        return await add_admin(connection, email=EMAIL, name="Root", password_hash=password_hash())


@pytest.fixture
async def root(api, admin_id) -> dict[str, str]:
    """Headers of somebody who has just logged in."""
    answer = await api.client.post("/api/platform/login", json={"email": EMAIL, "password": PASSWORD})
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def calls(tenant_id):
    for route in sorted(PLATFORM_ROUTES - {"POST /api/platform/login"}):
        method, path = route.split()
        filled = path.replace("{tenant_id}", str(tenant_id)).replace("{meter}", "connections")
        yield route, {"method": method, "url": filled, "json": BODIES.get(route)}


async def test_only_the_platforms_people_come_in(api, people, root, admin_id):
    forged = PlatformTokens("another secret key, also of 32 characters").issue(admin_id)
    expired = PlatformTokens(SECRET_KEY).issue(admin_id, now=0)
    strangers = [{}, api.headers(people["ana"]), {"X-API-Key": "evk_x"}]
    strangers += [{"Authorization": f"Bearer {token}"} for token in (forged, expired, "x", "a.b.c")]
    for route, call in calls(people["ana"].tenant_id):
        for headers in strangers:
            assert (route, (await api.client.request(**call, headers=headers)).status_code) == (route, 401)
        assert (await api.client.request(**call, headers=root)).is_success, route


async def test_their_token_opens_no_companys_routes(api, people, root, things):
    for case in CASES:
        answer = await api.client.request(**await things.request(case, people["ana"]), headers=root)
        assert (case.key, answer.status_code) == (case.key, 401)


async def test_after_a_rotation_of_the_key_a_token_is_good_until_it_ends(admin_id):
    token = PlatformTokens(SECRET_KEY).issue(admin_id)
    assert PlatformTokens("a new secret key of 32 characters or more", SECRET_KEY).check(token) == admin_id


async def test_logging_in(api, people, admin_id, pipeline_pool, admin_connection):
    async def log_in(email=EMAIL, password=PASSWORD):
        return await api.client.post("/api/platform/login", json={"email": email, "password": password})

    ana = people["ana"]
    assert (await log_in(ana.email)).status_code == 401
    assert (await log_in(password="errada")).status_code == 401
    good = await log_in(EMAIL.upper())
    assert good.status_code == 200
    company = await api.client.post("/api/auth/login", json={"email": EMAIL, "password": PASSWORD})
    assert company.status_code == 401
    headers = {"Authorization": f"Bearer {good.json()['access_token']}"}
    async with pipeline_pool.connection() as connection:
        await disable_admin(connection, EMAIL)
    assert (await api.client.get("/api/platform/tenants", headers=headers)).status_code == 401
    assert (await log_in()).status_code == 401
    acts = admin_connection.execute("select actor, action from app.audit_log").fetchall()
    assert acts == [(f"platform:{admin_id}", "platform_login")]


async def test_companies_in_pages(api, people, root):
    seen, page = [], ""
    while page is not None:
        address = f"/api/platform/tenants?limit=1{page and '&page=' + page}"
        answer = (await api.client.get(address, headers=root)).json()
        seen += [(one["name"], one["people"], one["billed_by"]) for one in answer["items"]]
        page = answer["next_page"]
    assert sorted(seen) == [("Clínica Sorriso", 1, "nobody"), ("Loja Aurora", 3, "nobody")]


async def test_a_company_is_opened_and_its_administrator_joins(api, root, admin_connection):
    wish = {"name": "Padaria", "plan": "starter", "email": "dona@padaria.example"}
    opened = await api.client.post("/api/platform/tenants", json=wish, headers=root)
    assert opened.status_code == 201, opened.text
    token = opened.json()["link"].partition("#")[2]
    body = {"token": token, "name": "Dona", "password": "uma senha bem longa"}
    joined = await api.client.post("/api/auth/invitation/accept", json=body)
    assert (joined.status_code, joined.json()["role"]) == (201, "admin")
    assert joined.json()["tenant_id"] == opened.json()["id"]
    headers = {"Authorization": f"Bearer {joined.json()['access_token']}"}
    connection = {"name": "n", "server_url": "https://93.184.216.34", "instance": "i", "token": "t"}
    added = await api.client.post("/api/connections", json=connection, headers=headers)
    assert added.status_code == 201  # its keys are there
    for wrong in ({"plan": "none"}, {"timezone": "Mars"}, {"email": "x"}):
        refused = await api.client.post("/api/platform/tenants", json=wish | wrong, headers=root)
        assert refused.status_code == 422


async def test_a_company_may_begin_with_a_trial(api, root, pipeline_pool, admin_connection):
    wish = {"name": "Padaria", "plan": "starter", "email": "dona@padaria.example", "trial": True}
    opened = (await api.client.post("/api/platform/tenants", json=wish, headers=root)).json()
    address = f"/api/platform/tenants/{opened['id']}"
    company = (await api.client.get(address, headers=root)).json()
    assert (company["status"], company["billed_by"], company["access"]) == ("trial", "stripe", "full")
    for days, status in ((13.9, "trial"), (14.1, "suspended")):
        await settle_all(pipeline_pool, datetime.now(UTC) + timedelta(days=days))
        assert (await api.client.get(address, headers=root)).json()["status"] == status
    care = await api.client.patch(address, json={"status": "active", "reason": "please"}, headers=root)
    assert care.status_code == 409  # a subscription is what it needs


async def test_contracts_are_looked_after_and_the_company_sees_it(api, people, root, admin_connection):
    ana = people["ana"]
    address = f"/api/platform/tenants/{ana.tenant_id}"
    limit = {"value": 40, "reason": "contract 7"}
    await api.client.put(f"{address}/limits/connections", json=limit, headers=root)
    care = {"plan": "enterprise", "status": "suspended", "reason": "contract 7"}
    cared = (await api.client.patch(address, json=care, headers=root)).json()
    assert (cared["plan"], cared["status"]) == ("enterprise", "suspended")
    log = (await api.client.get("/api/audit-log", headers=api.headers(ana))).json()["items"]
    assert [(one["action"], one["actor"].split(":")[0]) for one in log] == [
        ("standing_changed", "platform"),
        ("contract_limit_set", "platform"),
    ]
    usage = (await api.client.get("/api/usage", headers=api.headers(ana))).json()
    assert ("connections", 40) in [(one["meter"], one["limit"]) for one in usage["meters"]]
    own = (await api.client.get("/api/platform/audit-log", headers=root)).json()["items"]
    assert [one["action"] for one in own] == ["standing_changed", "contract_limit_set", "platform_login"]
    admin_connection.execute(
        "insert into app.payment_account (tenant_id, livemode) values (%s, false)", (ana.tenant_id,)
    )
    refused = await api.client.patch(address, json=care, headers=root)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    nobody = f"/api/platform/tenants/{people['ana'].user_id}"
    assert (await api.client.patch(nobody, json=care, headers=root)).status_code == 404


async def test_their_database_role_reads_no_conversation(database_url, people):
    async with open_pool(database_url, "evosense_platform") as pool:
        for table in ("message", "message_body", "contact", "tenant_key", "api_key", "refresh_token", "inference"):
            async with pool.connection() as connection:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    await connection.execute(f"select tenant_id from app.{table}")  # type: ignore[arg-type]
                await connection.rollback()
        async with pool.connection() as connection:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await connection.execute("select password_hash from app.app_user")


async def test_companies_read_nobody_of_the_platform(api_pool, admin_id):
    async with api_pool.connection() as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute("select email from app.platform_admin")


async def test_companies_that_began_together_and_what_they_bring(api, root, admin_connection):
    assert (await api.client.get("/api/platform/retention", headers=root)).json() == []  # no warehouse yet
    create_marts(admin_connection)
    admin_connection.execute("grant usage on schema analytics to evosense_platform")
    admin_connection.execute("grant select on analytics.fct_tenant_months to evosense_platform")
    for company, kept in enumerate(((True, True), (True, False), (True, None))):
        for months, is_retained in enumerate(kept):
            cents = None if is_retained is None else 10_000 * (1 + months) * is_retained
            admin_connection.execute(
                "insert into analytics.fct_tenant_months values"
                " (%s, date '2026-08-01' + %s * interval '1 month', date '2026-08-01' + %s, %s, %s, %s)",
                (UUID(int=company), months, 31 * (company == 2), months, is_retained, cents),
            )
    [august, september] = (await api.client.get("/api/platform/retention", headers=root)).json()
    assert (august["signup_month"], august["companies"]) == ("2026-08-01", 2)
    assert [month["logos"]["value"] for month in august["months"]] == [1, 0.5]
    assert [(month["revenue_cents"], month["revenue"]) for month in august["months"]] == [(20_000, 1), (20_000, 1)]
    assert september["months"][1] == {"months": 1, "logos": None, "revenue_cents": None, "revenue": None}
