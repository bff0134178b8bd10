"""The HTTP client against recorded answers: one page per window, halving, refusals."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest

from evosense.evolution.client import EvolutionClient
from evosense.evolution.refusals import EvolutionRefused, EvolutionUnavailable

START = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)


def client(handler: Any) -> EvolutionClient:
    return EvolutionClient("http://evo.test", "KEY", transport=httpx.MockTransport(handler))


class Messages:
    """A server that holds messages at the given seconds and answers like findMessages, its traps included."""

    def __init__(self, seconds: list[int]) -> None:
        self.seconds = seconds
        self.requests: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["apikey"] == "KEY"
        body = orjson.loads(request.content)
        self.requests.append(body)
        bounds = body["where"]["messageTimestamp"]
        low, high = (int(datetime.fromisoformat(bounds[end]).timestamp()) for end in ("gte", "lte"))
        inside = [(index, second) for index, second in enumerate(self.seconds) if low <= second <= high]
        records = [{"key": {"id": str(index)}, "messageTimestamp": second} for index, second in inside]
        page = records[: body["offset"]]
        return httpx.Response(200, json={"messages": {"total": len(records), "records": page}})


async def test_a_window_that_fits_is_read_in_one_page() -> None:
    server = Messages([int(START.timestamp()) + second for second in range(100)])
    async with client(server) as evolution:
        records, complete = await evolution.find_all_messages("loja b", START, START + timedelta(minutes=5))
    assert (len(records), complete, len(server.requests)) == (100, True, 1)


async def test_a_window_that_is_too_large_is_halved() -> None:
    base = int(START.timestamp())
    server = Messages([base + second // 3 for second in range(1800)])
    async with client(server) as evolution:
        records, complete = await evolution.find_all_messages("i", START, START + timedelta(minutes=10))
    assert complete
    assert {record["key"]["id"] for record in records} == {str(index) for index in range(1800)}
    assert all(request["page"] == 1 for request in server.requests)


async def test_a_crowded_second_is_read_in_a_page_of_its_own_size() -> None:
    server = Messages([int(START.timestamp()) + 5] * 1200)
    async with client(server) as evolution:
        records, complete = await evolution.find_all_messages("i", START, START + timedelta(seconds=60))
    assert complete
    assert len({record["key"]["id"] for record in records}) == 1200


async def test_recorded_answers(wire: dict[str, Any]) -> None:
    http = wire["http_2_3_7"]
    answers = {
        "/chat/findMessages/loja-b": http["findMessages_response"],
        "/instance/connectionState/loja-b": http["connectionState_response"],
        "/instance/fetchInstances": [{"name": "loja-b", "connectionStatus": "open", "_count": {"Message": 7}}],
        "/": {"version": "2.3.7"},
        "/websocket/set/loja-b": {},
    }
    async with client(lambda request: httpx.Response(200, json=answers[request.url.path])) as evolution:
        assert len((await evolution.find_messages("loja-b", START, START)).records) == 1
        assert await evolution.connection_state("loja-b") == "close"
        (state,) = await evolution.fetch_instances()
        assert (state.name, state.state, state.messages) == ("loja-b", "open", 7)
        assert await evolution.version() == "2.3.7"
        await evolution.set_websocket("loja-b", [])


async def test_a_bare_list_of_1_8() -> None:
    async with client(lambda _: httpx.Response(200, json=[{"key": {"id": "A"}}])) as evolution:
        page = await evolution.find_messages("i", START, START)
    assert page.complete


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (401, {"status": 401, "error": "Unauthorized"}, "http_401"),
        (403, {}, "http_403"),
        (404, {"status": 404}, "http_404"),
        (503, {"code": "LICENSE_REQUIRED", "error": "service not activated"}, "license_required"),
    ],
)
async def test_fatal_refusals(status: int, body: dict[str, Any], reason: str) -> None:
    async with client(lambda _: httpx.Response(status, json=body)) as evolution:
        with pytest.raises(EvolutionRefused) as refused:
            await evolution.connection_state("i")
    assert refused.value.reason == reason


@pytest.mark.parametrize("status", [500, 502, 503, 429])
async def test_errors_that_pass(status: int) -> None:
    async with client(lambda _: httpx.Response(status, text="<html>")) as evolution:
        with pytest.raises(EvolutionUnavailable):
            await evolution.connection_state("i")


async def test_a_redirect_never_carries_the_key_elsewhere() -> None:
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        return httpx.Response(302, headers={"location": "http://evil.test/"})

    async with client(handler) as evolution:
        with pytest.raises(EvolutionUnavailable):
            await evolution.version()
    assert seen == ["evo.test"]
