"""Logging in, renewing, logging out; and everything that must not work."""

import asyncio
import time
from datetime import timedelta

import httpx
from argon2 import PasswordHasher

from evosense.tenants.passwords import verify_password
from serving.login_limits import LoginRates
from serving.rates import Rate
from serving.routers.auth import COOKIE
from tests.integration.serving.conftest import PASSWORD, password_hash, running


async def log_in(client: httpx.AsyncClient, email="ana@aurora.example", password=PASSWORD, **options) -> httpx.Response:
    return await client.post("/api/auth/login", json={"email": email, "password": password}, **options)


async def renew(api, cookie: str, agent: str = "tests") -> httpx.Response:
    async with httpx.AsyncClient(base_url=api.url, headers={"User-Agent": agent}) as client:
        return await client.post("/api/auth/refresh", headers={"Cookie": f"{COOKIE}={cookie}"})


async def test_log_in_and_who_am_i(api, people):
    response = await log_in(api.client, "ANA@aurora.example ")
    body = response.json()
    assert (response.status_code, body["token_type"], body["expires_in"]) == (200, "Bearer", 600)
    me = await api.client.get("/api/me", headers={"Authorization": f"Bearer {body['access_token']}"})
    assert me.json() == {
        "id": str(people["ana"].user_id),
        "name": "Ana",
        "email": "ana@aurora.example",
        "role": "admin",
        "tenant": {
            "id": str(people["ana"].tenant_id),
            "name": "Loja Aurora",
            "plan": "pro",
            "status": "active",
            "timezone": "America/Sao_Paulo",
        },
    }


async def test_the_refresh_cookie_is_out_of_scripts_reach(api, people):
    cookie = (await log_in(api.client)).headers["set-cookie"]
    parts = {part.strip().split("=")[0].lower() for part in cookie.split(";")}
    assert {"httponly", "samesite", "path", "expires"} <= parts
    assert "SameSite=lax" in cookie
    assert "Path=/api/auth" in cookie
    assert "secure" not in parts  # plain http on this machine


async def test_behind_https_the_cookie_is_secure_and_browsers_stay_there(database_url, people):
    async with running(database_url, settings={"public_url": "https://evosense.example"}) as api:
        api.client.headers["X-Forwarded-Proto"] = "https"
        response = await log_in(api.client, headers={"Host": "evosense.example"})
        assert "Secure" in response.headers["set-cookie"]
        assert "max-age" in response.headers["strict-transport-security"]
        foreign = await log_in(api.client, headers={"Host": "evil.example"})
        assert (foreign.status_code, foreign.json()["code"]) == (400, "unknown_host")
        other_page = await log_in(api.client, headers={"Host": "evosense.example", "Origin": "https://evil.example"})
        assert other_page.status_code == 403


async def test_every_refusal_sounds_the_same(api, people):
    for email, password in [("ana@aurora.example", "x"), ("nobody@x.example", PASSWORD), ("' or 1=1 --@x", PASSWORD)]:
        response = await log_in(api.client, email, password)
        body = response.json()
        del body["request_id"]
        assert response.status_code == 401
        assert body == {
            "type": "urn:evosense:problem:not_authenticated",
            "title": "Unauthorized",
            "status": 401,
            "detail": "E-mail or password is wrong",
            "code": "not_authenticated",
        }
        assert "set-cookie" not in response.headers


async def test_an_unknown_person_costs_the_same_check(api, people, monkeypatch):
    """By the clock it is the figure api.login_timing_ratio of the benchmarks."""
    checked: list[str | None] = []

    def verify(password_hash: str | None, password: str) -> bool:
        checked.append(password_hash)
        return verify_password(password_hash, password)

    monkeypatch.setattr("evosense.tenants.login.verify_password", verify)
    for email in ("ana@aurora.example", "ninguem@aurora.example"):
        assert (await log_in(api.client, email, "errada")).status_code == 401
    assert checked == [password_hash(), None]


async def test_a_hash_of_weaker_times_is_made_anew_at_the_next_log_in(api, people, admin_connection):
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    admin_connection.execute("update app.app_user set password_hash = %s where email like 'ana@%%'", (weak,))

    def stored() -> str:
        row = admin_connection.execute("select password_hash from app.app_user where email like 'ana@%'").fetchone()
        assert row is not None
        return row[0]

    assert (await log_in(api.client, password="errada")).status_code == 401
    assert stored() == weak
    assert (await log_in(api.client)).status_code == 200
    strong = stored()
    assert strong.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert (await log_in(api.client)).status_code == 200
    assert stored() == strong


async def test_a_disabled_person_and_a_canceled_company_stay_out(api, people, admin_connection):
    cookie = (await log_in(api.client)).cookies[COOKIE]
    token = api.token(people["ana"])
    admin_connection.execute("update app.app_user set disabled_at = now() where email like 'ana@%'")
    assert (await log_in(api.client)).status_code == 401
    assert (await renew(api, cookie)).status_code == 401
    assert (await api.client.get("/api/me", headers={"Authorization": f"Bearer {token}"})).status_code == 401
    admin_connection.execute("update app.app_user set disabled_at = null; update app.tenant set status = 'canceled'")
    assert (await log_in(api.client, "otto@aurora.example")).status_code == 401


async def test_an_administrator_of_a_canceled_company_comes_in_to_subscribe_again(api, people, admin_connection):
    admin_connection.execute("update app.tenant set status = 'canceled'")
    token = (await log_in(api.client)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert (await api.client.get("/api/entitlements", headers=headers)).status_code == 200
    assert (await api.client.get("/api/messages", headers=headers)).status_code == 402


async def test_a_log_in_is_audited_without_content(api, people, admin_connection):
    await log_in(api.client)
    rows = admin_connection.execute("select tenant_id, actor, action, target, detail from app.audit_log").fetchall()
    ana = people["ana"]
    assert rows == [(ana.tenant_id, f"user:{ana.user_id}", "login", f"user:{ana.user_id}", {})]


async def test_refresh_gives_new_tokens_and_uses_the_old_up(api, people):
    first = (await log_in(api.client)).cookies[COOKIE]
    response = await renew(api, first)
    second = response.cookies[COOKIE]
    assert response.status_code == 200
    assert second != first
    token = response.json()["access_token"]
    assert (await api.client.get("/api/me", headers={"Authorization": f"Bearer {token}"})).status_code == 200
    assert (await renew(api, second)).status_code == 200


async def test_a_copied_token_kills_its_family(api, people):
    first = (await log_in(api.client)).cookies[COOKIE]
    second = (await renew(api, first)).cookies[COOKIE]
    assert (await renew(api, first, agent="a thief's browser")).status_code == 401
    assert (await renew(api, second)).status_code == 401


async def test_a_double_submit_is_refused_but_harms_nobody(api, people):
    async with httpx.AsyncClient(base_url=api.url, headers={"User-Agent": "tests"}) as client:
        first = (await log_in(client)).cookies[COOKIE]
    answers = await asyncio.gather(*(renew(api, first) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    (winner,) = [answer for answer in answers if answer.status_code == 200]
    assert (await renew(api, winner.cookies[COOKIE])).status_code == 200


async def test_a_late_double_submit_is_a_theft(api, people, admin_connection):
    first = (await log_in(api.client)).cookies[COOKIE]
    second = (await renew(api, first)).cookies[COOKIE]
    admin_connection.execute("update app.refresh_token set used_at = used_at - interval '11 s'")
    assert (await renew(api, first)).status_code == 401
    assert (await renew(api, second)).status_code == 401


async def test_families_are_apart(api, people):
    phone = (await log_in(api.client)).cookies[COOKIE]
    desk = (await log_in(api.client)).cookies[COOKIE]
    await renew(api, phone)
    await renew(api, phone, agent="a thief's browser")
    assert (await renew(api, desk)).status_code == 200


async def test_logging_out_ends_the_family(api, people):
    cookie = (await log_in(api.client)).cookies[COOKIE]
    response = await api.client.post("/api/auth/logout", headers={"Cookie": f"{COOKIE}={cookie}"})
    assert response.status_code == 204
    assert f'{COOKIE}=""' in response.headers["set-cookie"]
    assert (await renew(api, cookie)).status_code == 401
    assert (await api.client.post("/api/auth/logout", headers={"Cookie": f"{COOKIE}=rubbish"})).status_code == 204


async def test_an_expired_refresh_token_is_refused(api, people, admin_connection):
    cookie = (await log_in(api.client)).cookies[COOKIE]
    admin_connection.execute("update app.refresh_token set expires_at = now() - interval '1 s'")
    assert (await renew(api, cookie)).status_code == 401


async def test_a_made_up_refresh_token_is_refused(api, people):
    for cookie in ("", "x", "A" * 64, "=" * 64, "%00", "a.b.c"):
        assert (await renew(api, cookie)).status_code == 401


async def test_tokens_are_stored_as_hashes_only(api, people, admin_connection):
    cookie = (await log_in(api.client)).cookies[COOKIE]
    stored = admin_connection.execute("select r::text from app.refresh_token as r").fetchall()
    assert len(stored) == 1
    assert cookie not in stored[0][0]


async def test_guessing_is_slowed_for_the_account_and_for_the_address(database_url, people):
    rates = LoginRates(failures_per_account=Rate(2, 3600), attempts_per_address=Rate(6, 3600))
    async with running(database_url, login_rates=rates) as api:
        assert [(await log_in(api.client, password="x")).status_code for _ in range(3)] == [401, 401, 429]
        limited = await log_in(api.client)  # even with the right password
        assert limited.status_code == 429
        assert 1 <= int(limited.headers["retry-after"]) <= 3600
        assert (await log_in(api.client, "otto@aurora.example")).status_code == 200
        spray = [(await log_in(api.client, f"{n}@x.example", "x")).status_code for n in range(5)]
        assert spray == [401, 401, 401, 429, 429]


async def test_refused_refreshes_of_an_address_are_slowed_and_good_ones_are_not(database_url, people):
    async with running(database_url, login_rates=LoginRates(refused_refreshes_per_address=Rate(3, 3600))) as api:
        cookie = (await log_in(api.client)).cookies[COOKIE]
        for _ in range(5):
            renewed = await renew(api, cookie)
            assert renewed.status_code == 200
            cookie = renewed.cookies[COOKIE]
        refused = [await renew(api, "A" * 64) for _ in range(5)]
        assert [each.status_code for each in refused] == [401, 401, 401, 429, 429]
        assert int(refused[-1].headers["retry-after"]) >= 1


async def test_success_never_locks_anybody_out(database_url, people):
    async with running(database_url, login_rates=LoginRates(failures_per_account=Rate(1, 3600))) as api:
        assert [(await log_in(api.client)).status_code for _ in range(3)] == [200, 200, 200]


async def test_an_expired_access_token_says_what_to_do(api, people):
    ana = people["ana"]
    old = time.time() - timedelta(minutes=11).total_seconds()
    token = api.resources.tokens.issue(user_id=ana.user_id, tenant_id=ana.tenant_id, role="admin", now=old)
    response = await api.client.get("/api/me", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert "/api/auth/refresh" in response.json()["detail"]
