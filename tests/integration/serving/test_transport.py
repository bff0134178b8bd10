"""https, proxies, hosts and other sites' pages: who may reach the API, and how."""

import json

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from evosense.errors import ConfigurationError
from evosense.settings import ServingSettings
from serving.origins import Origins
from tests.integration.serving.conftest import PASSWORD, running

PUBLIC = {"public_url": "https://painel.example"}
HTTPS = {"Host": "painel.example", "X-Forwarded-Proto": "https"}


async def test_in_production_plain_http_is_refused_and_https_is_told_to_stay(database_url, people):
    async with running(database_url, settings=PUBLIC) as api:
        login = {"email": people["ana"].email, "password": PASSWORD}
        plain = await api.client.post("/api/auth/login", json=login, headers={"Host": "painel.example"})
        assert (plain.status_code, plain.json()["code"]) == (403, "https_required")
        assert "set-cookie" not in plain.headers
        good = await api.client.post("/api/auth/login", json=login, headers=HTTPS)
        assert good.status_code == 200
        assert "max-age=31536000" in good.headers["strict-transport-security"]
        cookie = good.headers["set-cookie"].lower()
        assert all(part in cookie for part in ("secure", "httponly", "samesite=lax", "path=/api/auth"))
        page = await api.client.get("/", headers=HTTPS)
        assert "script-src 'self'" in page.headers["content-security-policy"]
        for probe in ("/health", "/ready", "/ping"):
            assert (await api.client.get(probe)).status_code == 200
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"{api.websocket_url}/ws/tenant/{people['ana'].tenant_id}/")
        assert refused.value.response.status_code in (400, 403)


async def test_the_socket_works_behind_a_proxy_that_speaks_https(database_url, people):
    async with running(database_url, settings=PUBLIC) as api:
        port = int(api.url.rsplit(":", 1)[1])
        url = f"ws://painel.example/ws/tenant/{people['ana'].tenant_id}/"
        at = {"host": "127.0.0.1", "port": port, "origin": "https://painel.example"}
        async with connect(url, additional_headers={"X-Forwarded-Proto": "https"}, **at) as socket:
            await socket.send(json.dumps({"type": "auth", "token": api.token(people["ana"])}))
            assert json.loads(await socket.recv())["type"] == "ready"
        with pytest.raises(InvalidStatus) as refused:
            await connect(url, **at)
        assert refused.value.response.status_code == 403


async def test_only_a_trusted_proxy_is_believed(database_url):
    async with running(database_url, settings=PUBLIC, trusted_proxies="10.0.0.9") as api:
        refused = await api.client.get("/api/me", headers=HTTPS)
        assert (refused.status_code, refused.json()["code"]) == (403, "https_required")


async def test_a_foreign_host_is_refused(database_url):
    async with running(database_url, settings=PUBLIC) as api:
        for host in ("evil.example", "painel.example.evil.example", ""):
            answer = await api.client.get("/api/me", headers=HTTPS | {"Host": host})
            assert (host, answer.status_code) == (host, 400)


async def test_only_named_origins_are_allowed_to_read(database_url, people):
    settings = {"cors_origins": "https://loja.example, http://localhost:5173"}
    async with running(database_url, settings=settings) as api:
        headers = api.headers(people["ana"])

        async def asked_from(origin: str) -> httpx.Response:
            return await api.client.get("/api/me", headers=headers | {"Origin": origin})

        good = await asked_from("https://loja.example")
        assert good.headers["access-control-allow-origin"] == "https://loja.example"
        assert "access-control-allow-credentials" not in good.headers
        for origin in ("https://evil.example", "https://loja.example.evil.example", "http://loja.example", "null"):
            assert "access-control-allow-origin" not in (await asked_from(origin)).headers, origin
        asking = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
        assert (await api.client.options("/api/me", headers=asking)).status_code == 400


async def test_without_the_setting_no_origin_is(api, people):
    answer = await api.client.get("/api/me", headers=api.headers(people["ana"]) | {"Origin": "https://loja.example"})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("value", ["*", "https://*.example", "loja.example", "https://loja.example/", "ftp://x"])
def test_an_origin_that_is_none_is_a_clear_error(value):
    with pytest.raises(ConfigurationError, match="CORS_ORIGINS"):
        Origins.of(ServingSettings.model_construct(public_url=None, cors_origins=value))
