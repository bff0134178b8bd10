"""The HTTP client against recorded answers: one page per window, halving, refusals."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest

from evosense.evolution.client import EvolutionClient, Window
from evosense.evolution.refusals import EvolutionRefused, EvolutionUnavailable
from tests.process_log import process_log

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


async def all_of(windows: AsyncIterator[Window]) -> tuple[list[Any], bool]:
    """Records, and whether they are all; windows come in the order of time."""
    found = [window async for window in windows]
    assert found == sorted(found, key=lambda window: window.until)
    return [record for window in found for record in window.records], all(window.complete for window in found)


async def test_a_window_that_fits_is_read_in_one_page() -> None:
    server = Messages([int(START.timestamp()) + second for second in range(100)])
    async with client(server) as evolution:
        records, complete = await all_of(evolution.windows("loja b", START, START + timedelta(minutes=5)))
    assert (len(records), complete, len(server.requests)) == (100, True, 1)


async def test_a_window_that_is_too_large_is_halved() -> None:
    base = int(START.timestamp())
    server = Messages([base + second // 3 for second in range(1800)])
    async with client(server) as evolution:
        records, complete = await all_of(evolution.windows("i", START, START + timedelta(minutes=10)))
    assert complete
    assert {record["key"]["id"] for record in records} == {str(index) for index in range(1800)}
    assert all(request["page"] == 1 for request in server.requests)


async def test_a_crowded_second_is_read_in_a_page_of_its_own_size() -> None:
    server = Messages([int(START.timestamp()) + 5] * 1200)
    async with client(server) as evolution:
        records, complete = await all_of(evolution.windows("i", START, START + timedelta(seconds=60)))
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


class MessagesOf18:
    """Answers as 1.8.2 does: flattens objects inside `where` for MongoDB, sorts newest first, knows `limit` alone.

    Without a database (`in_files`) it takes no notice of `where` at all.
    """

    def __init__(self, seconds: list[int], *, in_files: bool) -> None:
        self.records = [{"key": {"id": str(number)}, "messageTimestamp": at} for number, at in enumerate(seconds)]
        self.in_files = in_files

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = orjson.loads(request.content)
        found = sorted(self.records, key=lambda record: -record["messageTimestamp"])
        if not self.in_files:
            found = [record for record in found if self._matches(record["messageTimestamp"], body["where"])]
        return httpx.Response(200, json=found[: body.get("limit") or len(found)])

    def _matches(self, at: int, where: dict[str, Any]) -> bool:
        if set(where) != {"$and"}:
            return False  # {"messageTimestamp": {"gte"}} became "messageTimestamp.gte", which no document has
        bounds = [part["messageTimestamp"] for part in where["$and"]]
        return all(at >= bound.get("$gte", 0) and at <= bound.get("$lte", 10**12) for bound in bounds)


@pytest.mark.parametrize("in_files", [False, True])
async def test_a_window_of_1_8_is_read_whole_and_nothing_besides(in_files: bool) -> None:
    base = int(START.timestamp())
    seconds = [base - 500, *(base + second // 3 for second in range(1500)), base + 10_000]
    async with client(MessagesOf18(seconds, in_files=in_files)) as evolution:
        records, complete = await all_of(evolution.windows("i", START, START + timedelta(minutes=10)))
        short = await evolution.find_messages("i", START, START + timedelta(seconds=9), rows=1)
    assert {record["key"]["id"] for record in records} == {str(index) for index in range(1, 1501)}
    assert complete
    assert in_files or (short.total, short.complete) == (30, True)


async def test_a_crowded_second_of_1_8() -> None:
    base = int(START.timestamp())
    async with client(MessagesOf18([base + 5] * 1200 + [base + 90] * 3, in_files=False)) as evolution:
        records, complete = await all_of(evolution.windows("i", START, START + timedelta(minutes=1)))
    assert (len({record["key"]["id"] for record in records}), complete) == (1200, True)


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


async def test_no_instance_is_named_in_the_log() -> None:
    with process_log() as told:
        async with client(lambda _: httpx.Response(200, json={"instance": {"state": "open"}})) as evolution:
            await evolution.connection_state("maria-celular")
    assert "maria" not in told.getvalue()


@asynccontextmanager
async def pouring(piece: bytes, every_s: float) -> AsyncGenerator[str]:
    """A server whose answer never ends."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
        try:
            while not writer.is_closing():
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(every_s)
        except ConnectionError:
            writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(("piece", "every_s"), [(b"0," * 2**19, 0.0), (b"0,", 0.05)])
async def test_an_answer_without_end_is_left(piece: bytes, every_s: float) -> None:
    """One that fills memory, and one that holds a turn for ever, a byte at a time."""
    async with pouring(piece, every_s) as address, EvolutionClient(address, "KEY", timeout_s=0.5) as evolution:
        async with asyncio.timeout(20):
            with pytest.raises(EvolutionUnavailable):
                await evolution.connection_state("i")
