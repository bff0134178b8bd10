"""Malformed, oversized, expired, forged and replayed requests: the right status, no secret, no leak, a server alive.

A short sample runs in `make test`; `make fuzz` sends 10,000.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz.fuzzed_api import SECRET_TEXT, FuzzedApi, fuzzed_api
from tests.integration.search.corpus import Chat
from tests.integration.serving.conftest import PASSWORD, SECRET_KEY

pytestmark = pytest.mark.fuzz
FULL = os.environ.get("EVOSENSE_PROFILE") == "full"
REQUESTS = 10_000 if FULL else 150
MAX_BODY = 1_048_576
CPF = "529.982.247-25"
READS = ("/api/me", "/api/messages", "/api/live?since=0", "/api/prompts", "/api/entitlements", "/api/experiments")
WRITES = (
    "/api/messages/semantic-search",
    "/api/prompts",
    "/api/labels",
    "/api/experiments/replay",
    "/api/connections",
    "/api/auth/login",
    "/api/invitations",
)
TYPES = ("application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "\x7f/x")
KINDS = ("malformed", "shapes", "oversized", "declared", "forged", "headers", "raw", "replayed")
raw = st.binary(max_size=200)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.just(CPF),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
header = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80).map(str.strip)


@st.composite
def hostile(draw: st.DrawFn) -> dict[str, Any]:
    """One request, by what is wrong with it."""
    kind = draw(
        st.sampled_from(("malformed", "shapes", "oversized", "declared", "forged", "headers", "raw", "replayed"))
    )
    return {
        "kind": kind,
        "read": draw(st.sampled_from(READS)),
        "write": draw(st.sampled_from(WRITES)),
        "body": draw(raw),
        "value": draw(values),
        "type": draw(st.sampled_from(TYPES)),
        "token": draw(st.integers(0, 9)),
        "header": draw(header),
        "size": draw(st.integers(MAX_BODY + 1, MAX_BODY + 70_000)),
    }


async def test_hostile_requests_meet_a_server_that_stays_itself(tmp_path, database_url, people, pipeline_pool):
    async with pipeline_pool.connection() as connection:
        chat = await Chat(connection, people["bia"].tenant_id).open()
        await chat.say(SECRET_TEXT, score=(0.9, 90), embed=True)
    with fuzzed_api(tmp_path, database_url, people) as api:
        await asyncio.to_thread(_attack, api)
        await asyncio.to_thread(_is_itself, api)
        log = api.log.read_text()
    for secret in (SECRET_KEY, PASSWORD, CPF, SECRET_TEXT, "Bearer ", people["ana"].email):
        assert secret not in log
    assert "unexpected_error" not in log
    assert all(json.loads(line)["event"] for line in log.splitlines())


def _is_itself(api: FuzzedApi) -> None:
    assert httpx.get(f"{api.url}/health").status_code == 200
    good = httpx.get(f"{api.url}/api/me", headers=api.headers("ana"))
    assert good.json()["email"] == api.people["ana"].email


def _attack(api: FuzzedApi) -> None:
    forged = list(api.forged("ana"))
    with httpx.Client(base_url=api.url, timeout=30) as client:
        used = _used_refresh_cookie(client)

        @given(request=hostile())
        @settings(
            max_examples=REQUESTS,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def run(request: dict[str, Any]) -> None:
            if request["kind"] == "raw":
                _send_raw(api, request)
                return
            response, allowed = _send(api, client, request, forged, used)
            assert response.status_code in allowed, (request["kind"], response.status_code, response.text[:300])
            _shows_nothing(response)

        run()


def _send(
    api: FuzzedApi, client: httpx.Client, request: dict[str, Any], forged: list[str], used: str
) -> tuple[httpx.Response, set[int]]:
    ana = api.headers("ana")
    kind = {"Content-Type": request["type"]}
    match request["kind"]:
        case "malformed":
            sent = client.post(request["write"], content=request["body"], headers=ana | kind)
            return sent, {400, 401, 415, 422, 429}
        case "shapes":
            body = json.dumps(request["value"])
            sent = client.post(request["write"], content=body, headers=ana | {"Content-Type": "application/json"})
            return sent, {200, 201, 202, 400, 401, 402, 404, 409, 422, 429}
        case "oversized":
            # In chunks, so that no header says how much will come.
            chunks = (b"x" * 65_536 for _ in range(request["size"] // 65_536 + 1))
            return client.post(request["write"], content=chunks, headers=ana), {413}
        case "declared":
            return client.post(request["write"], content=b"x" * request["size"], headers=ana), {413}
        case "forged":
            token = forged[request["token"] % len(forged)]
            return client.get(request["read"], headers={"Authorization": f"Bearer {token}"}), {401}
        case "headers":
            headers = {"X-Request-ID": request["header"], "Authorization": request["header"], "Origin": "null"}
            return client.get(request["read"], headers=headers), {401}
        case _:
            # 429 once this address has been refused often enough.
            return client.post("/api/auth/refresh", headers={"Cookie": f"evosense_refresh={used}"}), {401, 429}


def _used_refresh_cookie(client: httpx.Client) -> str:
    """A refresh token that was used before: replaying it ends its family and opens nothing."""
    first = client.post("/api/auth/login", json={"email": "alice@aurora.example", "password": PASSWORD})
    token = first.cookies["evosense_refresh"]
    for _ in range(2):
        again = client.post("/api/auth/refresh", headers={"Cookie": f"evosense_refresh={token}", "User-Agent": "other"})
        client.cookies.clear()
    assert again.status_code == 401
    return token


def _send_raw(api: FuzzedApi, request: dict[str, Any]) -> None:
    """Bytes that are no HTTP: an error or a closed connection, and never more than that."""
    with socket.create_connection(("127.0.0.1", api.port), timeout=30) as connection:
        connection.sendall(request["body"] + b"\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 2")), answer[:200]


def _shows_nothing(response: httpx.Response) -> None:
    text = response.text
    for secret in (SECRET_KEY, PASSWORD, SECRET_TEXT, "Traceback", "psycopg", 'File "'):
        assert secret not in text
    if response.status_code >= 400:
        assert CPF not in text
    # What is no HTTP at all never gets as far as our own words.
    if response.status_code >= 400 and text != "Invalid HTTP request received.":
        assert response.headers["content-type"] == "application/problem+json"
