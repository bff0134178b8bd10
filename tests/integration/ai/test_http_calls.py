"""Calls over HTTP against a server that writes its bytes by hand: what real servers and proxies do to a connection."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from evosense.ai.backend_spec import BackendSpec
from evosense.ai.factory import build_scorer
from evosense.ai.http_calls import HttpCalls, Reply
from evosense.ai.probe import explain
from evosense.ai.protocols import CallFailure, ScoringRequest

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """Answers each request with the next of `replies` (the last one again and again); None hangs up instead."""

    def __init__(self, *replies: bytes | None, closes: bool = False, latency_seconds: float = 0.0) -> None:
        self.replies = list(replies)
        self.closes = closes
        self.latency_seconds = latency_seconds
        self.requests: list[bytes] = []
        self.connections = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(length))
                reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
                await asyncio.sleep(self.latency_seconds)
                if reply is None:
                    break
                writer.write(reply)
                if self.closes:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()


@asynccontextmanager
async def calls_to(
    *replies: bytes | None,
    closes: bool = False,
    timeout_seconds: float = 5.0,
    headers: dict[str, str] | None = None,
    latency_seconds: float = 0.0,
) -> AsyncGenerator[tuple[HttpCalls, Server]]:
    server = Server(*replies, closes=closes, latency_seconds=latency_seconds)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/api/chat"
    calls = HttpCalls(timeout_seconds=timeout_seconds, slots=4, headers=headers)
    try:
        yield calls, server
    finally:
        await calls.close()
        listening.close()


async def test_a_request_as_it_travels():
    async with calls_to(OK, headers={"X-Key": "50%"}) as (calls, server):
        assert (await calls.post(f"{server.url}/é b?q=1", {"a": "ç"})).raw == b"{}"
        [request] = server.requests
        head, body = request.split(b"\r\n\r\n")
        first, *headers = head.decode().split("\r\n")
        assert first == "POST /api/chat/%C3%A9%20b?q=1 HTTP/1.1"
        assert {"content-type: application/json", "X-Key: 50%", "Content-Length: 10"} <= set(headers)
        assert f"Host: {server.url.split('/')[2]}" in headers
        assert body.decode() == '{"a":"ç"}'
        await calls.get(server.url)
        assert server.requests[1].startswith(b"GET /api/chat HTTP/1.1")


async def test_connections_are_kept_and_shared():
    async with calls_to(OK) as (calls, server):
        for _ in range(5):
            await calls.post(server.url, {})
        assert server.connections == 1
        await asyncio.gather(*(calls.post(server.url, {}) for _ in range(20)))
        assert len(server.requests) == 25
        assert server.connections <= 4


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("reply", "raw"),
    [
        (CHUNKED + b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", b"{}"),
        (b"HTTP/1.1 102 Processing\r\n\r\n" + OK, b"{}"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}", b"{}"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b""),
    ],
)
async def test_shapes_of_replies(reply, raw):
    async with calls_to(reply) as (calls, server):
        for _ in range(2):
            assert (await calls.post(server.url, {})).raw == raw


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n"])
async def test_a_reply_that_ends_with_the_connection(head):
    async with calls_to(head + b'{"a":1}', closes=True) as (calls, server):
        for _ in range(2):
            assert (await calls.post(server.url, {})).raw == b'{"a":1}'


@pytest.mark.parametrize(
    "reply",
    [
        None,
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}",
        CHUNKED + b"5\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\n" + b"X-More: and more\r\n" * 50_000,
    ],
)
async def test_a_server_that_breaks_off(reply):
    async with calls_to(reply, OK, closes=reply is not None) as (calls, server):
        failure = await calls.post(server.url, {})
        assert (failure.error_class, failure.retryable) == ("unreachable", True)
        assert (await calls.post(server.url, {})).raw == b"{}"


async def test_a_connection_that_was_closed_meanwhile_is_not_used_again():
    async with calls_to(OK, closes=True) as (calls, server):
        await calls.post(server.url, {})
        await asyncio.sleep(0.05)
        assert (await calls.post(server.url, {})).raw == b"{}"
        assert server.connections == 2


async def test_a_late_reply_is_never_the_next_calls():
    late = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nla"
    async with calls_to(late, OK, timeout_seconds=0.1) as (calls, server):
        assert (await calls.post(server.url, {})).error_class == "timeout"
        assert (await calls.post(server.url, {})).raw == b"{}"
        assert server.connections == 2


async def test_a_calls_time_begins_when_there_is_a_place_for_it():
    async with calls_to(OK, timeout_seconds=0.5, latency_seconds=0.2) as (calls, server):
        # Three rounds of four: the last ones wait for 0.4 s first.
        replies = await asyncio.gather(*(calls.post(server.url, {}) for _ in range(12)))
        assert {type(reply) for reply in replies} == {Reply}
        assert server.connections == 4


async def test_bytes_that_nobody_asked_for_end_the_connection():
    async with calls_to(OK + OK, OK) as (calls, server):
        assert (await calls.post(server.url, {})).raw == b"{}"
        assert (await calls.post(server.url, {})).raw == b"{}"
        assert server.connections == 2


def _endless(size: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size


@pytest.mark.parametrize("reply", [_endless(1_000_000), CHUNKED + b"f4240\r\n" + b"x" * 1_000_000])
async def test_an_absurdly_long_reply_is_read_in_part(reply):
    async with calls_to(reply, OK) as (calls, server):
        cut = await calls.post(server.url, {})
        assert isinstance(cut, Reply)
        assert cut.raw == b"x" * 256_000
        assert len((await calls.get(server.url)).raw) == 2
        assert server.connections == 2


async def test_redirects_and_refusals_are_failures():
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    busy = b"HTTP/1.1 429 Too Many\r\nRETRY-AFTER: 7\r\nContent-Length: 4\r\n\r\nbusy"
    async with calls_to(moved, busy) as (calls, server):
        assert (await calls.post(server.url, {})).error_class == "http_302"
        refused = await calls.post(server.url, {})
        assert (refused.http_status, refused.retry_after_seconds) == (429, 7.0)
        assert server.connections == 1


async def test_what_cannot_be_sent():
    async with calls_to(OK, headers={"Authorization": "Bearer a\r\nX-Evil: 1"}) as (calls, server):
        assert (await calls.post(server.url, {})).error_class == "unreachable"
        assert server.requests == []
    async with calls_to(OK) as (calls, server):
        for url in ("ftp://127.0.0.1/", "http://", "http://127.0.0.1:99999/", "http://127.0.0.1:1/"):
            assert (await calls.post(url, {})).error_class == "unreachable"


async def test_a_server_that_speaks_no_tls_is_not_trusted():
    async with calls_to(OK, timeout_seconds=0.5) as (calls, server):
        failure = await calls.post(server.url.replace("http:", "https:"), {})
        assert failure.error_class in ("unreachable", "timeout")
        assert server.requests == []


async def test_a_certificate_that_nobody_trusts_is_called_so(tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(await asyncio.to_thread(_self_signed, tmp_path))
    listening = await asyncio.start_server(Server(OK).serve, "127.0.0.1", 0, ssl=context)
    calls = HttpCalls(timeout_seconds=5.0, slots=1)
    failure = await calls.post(f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}/", {})
    await calls.close()
    listening.close()
    assert failure.error_class == "tls"
    assert "certificate is not trusted" in explain(failure)


def _self_signed(folder: Path) -> Path:
    """Key and certificate for the loopback, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    begin = datetime.now(UTC) - timedelta(days=1)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(begin).not_valid_after(begin + timedelta(days=2))
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + made.sign(key, SHA256()).public_bytes(Encoding.PEM)
    )
    return file


@pytest.mark.parametrize(
    ("provider", "raw", "error_class"),
    [
        ("ollama", b"<html>Entrar</html>", "not_ollama"),
        ("ollama", b'{"message": {"role": "assi', "not_ollama"),
        ("n8n", b"", "no_answer"),
        ("n8n", b"[]", "no_answer"),
        ("n8n", b"<!doctype html><title>Entrar</title>", "no_answer"),
        ("n8n", b'{"message": "Workflow was started"}', "no_answer"),
        ("n8n", b'[{"error": {"message": "model overloaded", "code": 503}}]', "no_answer"),
    ],
)
async def test_a_200_without_a_word_of_the_model_is_no_invalid_answer(provider, raw, error_class):
    """An invalid answer is final: a login page before the backend must not use up what every message is asked once."""
    async with calls_to(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(raw), raw)) as (_, server):
        scorer = build_scorer(BackendSpec("b", provider, server.url, "m"))
        failure = await scorer.call(ScoringRequest("oi"))
        await scorer.close()
    assert isinstance(failure, CallFailure)
    assert (failure.error_class, failure.retryable) == (error_class, True)


def test_what_to_do_about_a_redirect():
    assert "enter the address" in explain(CallFailure("http_302", retryable=False, http_status=302))
