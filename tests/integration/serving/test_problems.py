"""What goes wrong is told in one form, says what to do, and repeats nothing that was sent."""

import asyncio
import time

import psycopg
from pydantic import SecretStr

from evosense.errors import ConfigurationError
from serving.middleware import MAX_BODY_BYTES
from tests.integration.serving.conftest import running
from tests.process_log import process_log

CANARY = "529.982.247-25 canario@segredo.example"


async def test_the_form(api):
    response = await api.client.get("/api/nothing-here")
    body = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert set(body) == {"type", "title", "status", "detail", "code", "request_id"}
    assert (body["type"], body["status"], body["title"]) == ("urn:evosense:problem:not_found", 404, "Not Found")


async def test_wrong_method(api):
    response = await api.client.delete("/api/messages")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in response.headers["allow"]


async def test_a_request_id_is_kept_if_it_is_one(api):
    assert (await api.client.get("/health", headers={"X-Request-ID": "abc-12345"})).headers[
        "x-request-id"
    ] == "abc-12345"
    odd = (await api.client.get("/health", headers={"X-Request-ID": "a b\tc<script>"})).headers["x-request-id"]
    assert len(odd) == 36


async def test_an_error_repeats_no_value_that_was_sent(api, people):
    with process_log() as told:
        for path, body in [
            ("/api/auth/login", {"email": CANARY, "password": {"x": CANARY}}),
            ("/api/auth/login", {"email": CANARY}),
            ("/api/messages/semantic-search", {"query": CANARY, "limit": CANARY}),
            ("/api/messages/semantic-search", {"query": CANARY, CANARY: 1}),
        ]:
            response = await api.client.post(path, json=body, headers=api.headers(people["ana"]))
            assert response.status_code == 422
            assert CANARY not in response.text.replace(f"body.{CANARY}", "")  # a field's name, which is no value
    assert "/api/auth/login" in told.getvalue()
    assert "canario" not in told.getvalue()


async def test_broken_json(api):
    response = await api.client.post(
        "/api/auth/login", content=b'{"email": ', headers={"Content-Type": "application/json"}
    )
    assert (response.status_code, response.json()["code"]) == (422, "invalid_input")


async def test_a_large_body_is_refused_declared_or_not(api):
    declared = await api.client.post("/api/auth/login", content=b"x" * (MAX_BODY_BYTES + 1))
    assert (declared.status_code, declared.json()["code"]) == (413, "content_too_large")

    async def chunks():
        for _ in range(20):
            yield b"x" * (MAX_BODY_BYTES // 16)

    streamed = await api.client.post("/api/auth/login", content=chunks(), headers={"Content-Type": "application/json"})
    assert (streamed.status_code, streamed.json()["code"]) == (413, "content_too_large")


async def test_every_answer_carries_the_security_headers(api):
    for path in ("/", "/health", "/api/me", "/api/none", "/static/app.js"):
        headers = (await api.client.get(path)).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers
        assert "access-control-allow-origin" not in headers
        assert headers.get("cache-control") == "no-store" or not path.startswith("/api/")


async def test_a_text_that_nothing_can_store_is_the_callers_mistake(api, people):
    """Also where no schema says so: the net is below all of them."""
    headers = api.headers(people["ana"]) | {"Content-Type": "application/json"}
    for path, body in [
        ("/api/billing/notices/dismiss", rb'{"kind": "a\u0000", "ref": "b"}'),
        ("/api/prompts", rb'{"messages": [{"role": "user", "content": "{text} \u0000"}]}'),
        ("/api/experiments/shadows", rb'{"name": "\u0000", "hypothesis": "h", "challengers": [{"version": "v1"}]}'),
        ("/api/reports", rb'{"name": "\u0000", "dataset": "daily_kpis", "every": "week"}'),
    ]:
        response = await api.client.post(path, content=body, headers=headers)
        assert (path, response.status_code, response.json()["code"]) == (path, 422, "invalid_input")


async def test_the_unexpected_is_one_clean_answer(api, people, monkeypatch):
    async def explode(*_args, **_kwargs):
        raise RuntimeError(CANARY)

    monkeypatch.setattr("serving.routers.messages.timeline", explode)
    with process_log() as told:
        response = await api.client.get("/api/messages", headers=api.headers(people["ana"]))
    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert CANARY not in response.text
    assert "canario" not in told.getvalue()
    assert "RuntimeError" in told.getvalue()


async def test_a_wrong_set_up_is_told_to_the_operator_only(api, people, monkeypatch):
    async def misconfigured(*_args, **_kwargs):
        raise ConfigurationError("SECRET_KEY of host db.internal is wrong")

    monkeypatch.setattr("serving.routers.messages.timeline", misconfigured)
    response = await api.client.get("/api/messages", headers=api.headers(people["ana"]))
    assert (response.status_code, response.json()["code"]) == (500, "configuration_error")
    assert "db.internal" not in response.text


async def test_a_database_that_is_away_is_503_and_comes_back(api, people, admin_connection, database_url):
    headers = api.headers(people["ana"])
    name = admin_connection.info.dbname
    assert (await api.client.get("/ready")).json()["status"] == "ready"
    with psycopg.connect(database_url, dbname="postgres", autocommit=True) as other:
        other.execute(f'alter database "{name}" with allow_connections false')
        other.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,))
        ready = await api.client.get("/ready")
        assert (ready.status_code, ready.json()["status"]) == (503, "not_ready")
        assert (await api.client.get("/health")).status_code == 200
        away = await api.client.get("/api/me", headers=headers)
        assert (away.status_code, away.json()["code"]) == (503, "upstream_unavailable")
        assert away.headers["retry-after"] == "2"
        other.execute(f'alter database "{name}" with allow_connections true')
    # The pool tries to connect again by itself, a little later after each failure.
    deadline = time.monotonic() + 15
    while (back := await api.client.get("/api/me", headers=headers)).status_code == 503:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.2)
    assert back.status_code == 200


async def test_readiness_names_the_migrations_that_lack(api, admin_connection):
    admin_connection.execute("delete from public.evosense_migration where number = 41")
    response = await api.client.get("/ready")
    assert (response.status_code, response.json()["pending_migrations"]) == (503, ["0041_search"])


async def test_process_metrics_are_not_public(api, database_url):
    local = await api.client.get("/metrics")
    assert local.status_code == 200
    assert 'evosense_http_requests_total{method="GET",route="/health",status="200"}' in local.text
    assert (await api.client.get("/metrics", headers={"Forwarded": "for=1.2.3.4"})).status_code == 404
    assert (await api.client.get("/metrics", headers={"X-Forwarded-For": "1.2.3.4"})).status_code == 404
    async with running(database_url, settings={"metrics_token": SecretStr("a long token")}) as guarded:
        assert (await guarded.client.get("/metrics")).status_code == 404
        wrong = await guarded.client.get("/metrics", headers={"Authorization": "Bearer another"})
        right = await guarded.client.get("/metrics", headers={"Authorization": "Bearer a long token"})
        assert (wrong.status_code, right.status_code) == (404, 200)


async def test_paths_never_become_labels(api):
    for number in range(3):
        await api.client.get(f"/nowhere/{number}")
    text = (await api.client.get("/metrics")).text
    assert 'route="unmatched",status="404"} 3.0' in text
    assert "/nowhere/" not in text


async def test_pages_of_other_sites_are_refused_at_the_cookie(api):
    response = await api.client.post("/api/auth/refresh", headers={"Origin": "https://evil.example"})
    assert (response.status_code, response.json()["code"]) == (403, "not_permitted")
