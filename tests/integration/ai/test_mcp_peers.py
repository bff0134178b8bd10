"""MCP servers that misbehave, written by hand: nobody waits for them past the deadline, and little of them is kept."""

from __future__ import annotations

import asyncio
import gzip
import logging
import time
from contextlib import asynccontextmanager

import orjson
import pytest

from evosense.ai.backend_spec import BackendSpec
from evosense.ai.mcp_replies import LONGEST_REPLY_BYTES
from evosense.ai.mcp_tool import McpScorer
from evosense.ai.protocols import CallFailure, ScoringAnswer, ScoringRequest

REQUEST = ScoringRequest("adorei", tenant_id="t-1", chat_id="c-1")
ANSWER = {"sentiment_x100": 90, "satisfaction": 95, "emotion": "alegria", "tone": "cordial", "summary": "Elogio."}


class Peer:
    """An MCP server with sessions, as n8n's: it knows those that it opened since it was started."""

    def __init__(self) -> None:
        self.sessions: set[str] = set()
        self.raw: bytes | None = None
        self.silent = False
        self.padding = 0
        self.packs = False
        self.no_such_session = "404 Not Found"
        self.status: str | None = None  # that every question is answered with
        self.url = ""

    def restart(self) -> None:
        self.sessions.clear()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
                body = orjson.loads(await reader.readexactly(int(fields.get("content-length", 0))) or b"{}")
                if self.silent:
                    await asyncio.sleep(3600)
                if self.status:
                    writer.write(_http(self.status, b"{}", "Retry-After: 7\r\n"))
                else:
                    writer.write(self._reply(head.split(" ", 1)[0], body, fields.get("mcp-session-id")))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _reply(self, method: str, body: dict, session: str | None) -> bytes:
        if method != "post":
            return _http("405 Method Not Allowed", b"")
        if body.get("method") == "initialize":
            session = f"s{len(self.sessions)}-{time.perf_counter_ns()}"
            self.sessions.add(session)
            version = body["params"]["protocolVersion"]
            told = {
                "protocolVersion": version,
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "p", "version": "1"},
            }
            return _result(body, told, f"Mcp-Session-Id: {session}\r\n")
        if session not in self.sessions:
            return _http(self.no_such_session, b"{}")
        if "id" not in body:
            return _http("202 Accepted", b"")
        if body["method"] != "tools/call":
            return _result(body, {"tools": []})
        if self.raw:
            return self.raw
        told = {"content": [{"type": "text", "text": orjson.dumps(ANSWER).decode()}]}
        reply = b" " * self.padding + orjson.dumps({"jsonrpc": "2.0", "id": body["id"], "result": told})
        if self.packs:
            return _http("200 OK", gzip.compress(reply), "Content-Encoding: gzip\r\n")
        return _http("200 OK", reply)


def _http(status: str, body: bytes, more: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


def _result(asked: dict, result: dict, more: str = "") -> bytes:
    return _http("200 OK", orjson.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), more)


@asynccontextmanager
async def talking_to(peer: Peer, timeout_seconds: float = 3.0):
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp"
    scorer = McpScorer(BackendSpec("mcp", "mcp", url, timeout_seconds=timeout_seconds))
    try:
        yield scorer
    finally:
        await scorer.close()
        server.close()


@pytest.mark.parametrize("status", ["404 Not Found", "400 Bad Request"])
async def test_a_server_that_was_restarted_is_met_anew(status):
    peer = Peer()
    peer.no_such_session = status
    async with talking_to(peer) as scorer:
        assert isinstance(await scorer.call(REQUEST), ScoringAnswer)
        peer.restart()
        failure = await scorer.call(REQUEST)
        assert isinstance(failure, CallFailure)
        assert failure.retryable  # it is about the session, not about the address or the question
        assert isinstance(await scorer.call(REQUEST), ScoringAnswer)


@pytest.mark.parametrize(
    ("status", "is_retryable"),
    [("401 Unauthorized", False), ("404 Not Found", False), ("429 Too Many Requests", True), ("302 Found", False)],
)
async def test_a_refusal_is_told_by_its_status(status, is_retryable):
    peer = Peer()
    peer.status = status
    async with talking_to(peer) as scorer:
        for failure in (await scorer.identify(), await scorer.call(REQUEST)):
            assert isinstance(failure, CallFailure)
            assert failure.http_status == int(status[:3])
            assert failure.retryable == is_retryable
            assert failure.retry_after_seconds == 7
        peer.status = None
        assert isinstance(await scorer.call(REQUEST), ScoringAnswer)


async def test_a_refusal_within_a_session_is_told_by_its_status_and_the_session_goes_on():
    peer = Peer()
    async with talking_to(peer) as scorer:
        assert isinstance(await scorer.call(REQUEST), ScoringAnswer)
        peer.status = "429 Too Many Requests"
        failure = await scorer.call(REQUEST)
        assert isinstance(failure, CallFailure)
        assert (failure.http_status, failure.retry_after_seconds) == (429, 7)
        peer.status = None
        assert isinstance(await scorer.call(REQUEST), ScoringAnswer)
        assert len(peer.sessions) == 1


async def test_a_server_that_never_opens_a_session_keeps_nobody_waiting():
    peer = Peer()
    peer.silent = True
    async with talking_to(peer, timeout_seconds=0.2) as scorer:
        # The SDK's own patience is minutes: this hangs until the suite's limit where a call waits for it.
        async with asyncio.timeout(20):
            for _ in range(3):
                failure = await scorer.call(REQUEST)
                assert isinstance(failure, CallFailure)
                assert failure.error_class == "timeout"
            await scorer.close()
        peer.silent = False
    async with talking_to(peer) as scorer:
        assert isinstance(await scorer.call(REQUEST), ScoringAnswer)


@pytest.mark.parametrize(("padding", "packs"), [(LONGEST_REPLY_BYTES, False), (1000, True)])
async def test_what_is_too_long_or_packed_is_not_read(padding, packs):
    peer = Peer()
    async with talking_to(peer) as scorer:
        peer.padding, peer.packs = padding, packs
        assert isinstance(await scorer.call(REQUEST), CallFailure)
        peer.padding, peer.packs = 1000, False
        assert isinstance(await scorer.call(REQUEST), ScoringAnswer)


async def test_what_a_server_says_is_not_logged(caplog):
    peer = Peer()
    with caplog.at_level(logging.DEBUG):
        async with talking_to(peer) as scorer:
            assert isinstance(await scorer.call(REQUEST), ScoringAnswer)
            peer.raw = _http("200 OK", orjson.dumps({"segredo": "a cliente Joana reclamou"}))
            assert isinstance(await scorer.call(REQUEST), CallFailure)
    assert "Joana" not in caplog.text
