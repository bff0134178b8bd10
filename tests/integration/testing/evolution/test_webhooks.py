"""Webhooks against a real receiver: body, headers, retries, giving up."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable
from typing import Any

import httpx
import jwt
import pytest
from aiohttp import web

from evosense.testing.evolution import Draft, EvolutionStandIn, RetryPolicy
from tests.integration.testing.evolution.conftest import CAPTURES, KEY, small_config

JWT_KEY = "a webhook secret that is long enough for HS256"
PATHS: dict[str, str] = json.loads(CAPTURES.read_bytes())["webhook_2_3_7"]["by_events_paths"]
QUICK = RetryPolicy(initial_s=0.001, max_s=0.002)


class Receiver:
    """Answers with the statuses that it is given, then 200, and keeps what came."""

    def __init__(self) -> None:
        self.url = ""
        self.statuses: list[int] = []
        self.posts: list[tuple[str, dict[str, str], dict[str, Any]]] = []

    async def take(self, request: web.Request) -> web.Response:
        self.posts.append((request.path, dict(request.headers), await request.json()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)


@pytest.fixture
async def receiver() -> AsyncGenerator[Receiver]:
    found = Receiver()
    application = web.Application()
    application.router.add_post("/{path:.*}", found.take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield found
    await runner.cleanup()


async def subscribe(server: EvolutionStandIn, url: str, **values: Any) -> None:
    body = {"enabled": True, "url": url, "events": ["MESSAGES_UPSERT", "CONTACTS_UPSERT"], **values}
    async with httpx.AsyncClient(base_url=server.url, headers={"apikey": KEY}) as http:
        answer = await http.post("/webhook/set/loja", json={"webhook": body})
    assert answer.status_code == 201, answer.text


async def test_the_body_is_the_envelope_with_a_destination_and_bytes_as_indices(
    server: EvolutionStandIn, receiver: Receiver, text: Callable[..., Draft]
) -> None:
    await subscribe(server, receiver.url, events=["MESSAGES_UPSERT"], headers={"jwt_key": JWT_KEY, "X-Mine": "sim"})
    server.deliver("loja", [text("olá")])
    await server.webhooks.settle()
    ((path, headers, body),) = receiver.posts
    assert path == "/hook"
    assert list(body) == ["event", "instance", "data", "destination", "date_time", "sender", "server_url", "apikey"]
    assert body["destination"] == receiver.url
    secret = body["data"]["message"]["messageContextInfo"]["messageSecret"]
    assert list(secret) == [str(index) for index in range(32)]
    assert headers["X-Mine"] == "sim"
    assert headers["User-Agent"] == "axios/1.13.2"
    assert "jwt_key" not in headers
    claims = jwt.decode(headers["Authorization"].removeprefix("Bearer "), JWT_KEY, algorithms=["HS256"])
    assert (claims["app"], claims["action"], claims["exp"] - claims["iat"]) == ("evolution", "webhook", 600)


async def test_addresses_by_event_are_as_captured(server: EvolutionStandIn, receiver: Receiver) -> None:
    await subscribe(server, receiver.url, events=[], byEvents=True)
    for event in PATHS:
        server.bus.emit(server.instance("loja"), event, {})
    await server.webhooks.settle()
    assert {body["event"]: path for path, _, body in receiver.posts} == PATHS


async def test_retries_repeat_the_same_post_until_it_is_taken(receiver: Receiver, text: Callable[..., Draft]) -> None:
    async with EvolutionStandIn(small_config(retry=QUICK)) as server:
        await subscribe(server, receiver.url, events=["MESSAGES_UPSERT"], headers={"jwt_key": JWT_KEY})
        receiver.statuses = [500, 503, 200]
        server.deliver("loja", [text()])
        await server.webhooks.settle()
        assert (server.webhooks.stats.posts, server.webhooks.stats.delivered) == (3, 1)
    assert len({headers["Authorization"] for _, headers, _ in receiver.posts}) == 1


@pytest.mark.parametrize(("statuses", "posts"), [([404], 1), ([401], 1), ([500] * 30, 10)])
async def test_some_answers_end_it(
    receiver: Receiver, text: Callable[..., Draft], statuses: list[int], posts: int
) -> None:
    async with EvolutionStandIn(small_config(retry=QUICK)) as server:
        await subscribe(server, receiver.url, events=["MESSAGES_UPSERT"])
        receiver.statuses = list(statuses)
        server.deliver("loja", [text()])
        await server.webhooks.settle()
        assert (server.webhooks.stats.posts, server.webhooks.stats.abandoned) == (posts, 1)


async def test_a_receiver_that_is_away_costs_only_attempts(text: Callable[..., Draft]) -> None:
    policy = RetryPolicy(attempts=3, initial_s=0.001, max_s=0.001)
    async with EvolutionStandIn(small_config(retry=policy)) as server:
        await subscribe(server, "http://127.0.0.1:9/hook", events=["MESSAGES_UPSERT"])
        server.deliver("loja", [text()])
        await server.webhooks.settle()
        assert (server.webhooks.stats.posts, server.webhooks.stats.abandoned) == (3, 1)
