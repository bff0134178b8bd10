"""A CPF, a token and a customer's words, put in wherever something fits: no log, error or trace repeats them."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

from tests.integration.serving.conftest import PASSWORD, SECRET_KEY
from tests.integration.serving.test_isolation_matrix import application, keys
from tests.integration.serving.test_process import events, start

CPF = "529.982.247-25"
WORDS = "segredo-do-cliente-jabuticaba"
TOKEN = "canary-token-5f1d9c"
CANARIES = (CPF, "52998224725", WORDS, TOKEN, "cliente@segredo.example")
SPOKEN = f"{WORDS} {CPF} cliente@segredo.example"


@contextmanager
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """An OpenTelemetry collector that keeps what it is sent."""
    received: list[bytes] = []

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keep)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def put_in_everywhere(client: httpx.Client, authorization: dict[str, str]) -> list[httpx.Response]:
    """Each route with canaries in its path, query, headers and body; with a good token and with a canary as one."""
    answers: list[httpx.Response] = []
    for key in sorted(keys(application().routes)):
        method, template = key.split(" ", 1)
        if method in ("MOUNT", "WS"):
            continue
        path = template
        while "{" in path:
            start_, end = path.index("{"), path.index("}")
            path = f"{path[:start_]}{WORDS}{path[end + 1 :]}"
        for headers in (authorization, {"Authorization": f"Bearer {TOKEN}"}, {"X-API-Key": TOKEN}):
            answers.append(
                client.request(
                    method,
                    path,
                    params={"q": SPOKEN, "chat_id": SPOKEN, "page": SPOKEN, "token": TOKEN, "from": CPF},
                    headers=headers | {"User-Agent": WORDS, "X-Request-ID": CPF, "Referer": f"https://x/{TOKEN}"},
                    json={"query": [SPOKEN], "email": SPOKEN, "password": TOKEN, "token": TOKEN, "text": SPOKEN},
                )
            )
    return answers


def knock(port: int, tenant_id: object) -> None:
    """Sockets with canaries in path, query, subprotocol and first frame."""
    for path in (f"/ws/tenant/{tenant_id}/?token={TOKEN}&since={CPF.replace(' ', '')}", f"/ws/tenant/{WORDS}/"):
        try:
            with connect(f"ws://127.0.0.1:{port}{path}", subprotocols=[f"bearer.{TOKEN}"]) as socket:  # type: ignore[list-item]
                socket.send(json.dumps({"type": SPOKEN, "token": TOKEN}))
                for _ in socket:
                    pass
        except (ConnectionClosed, InvalidHandshake, OSError):
            continue


@pytest.mark.parametrize("traces", [True, False], ids=["with traces", "without"])
def test_nothing_that_was_put_in_comes_out(tmp_path, database_url, people, traces):
    ana = people["ana"]
    with collector() as (endpoint, received):
        settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint} if traces else {}
        process = start(tmp_path, DATABASE_URL=database_url, SECRET_KEY=SECRET_KEY, **settings)
        logged: list[dict[str, object]] = []
        try:
            lines = events(process)
            port = next(line["port"] for line in lines if line["event"] == "api_listening")
            reader = threading.Thread(target=lambda: logged.extend(lines))
            reader.start()
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                login = client.post("/api/auth/login", json={"email": ana.email, "password": PASSWORD}).json()
                authorization = {"Authorization": f"Bearer {login['access_token']}"}
                answers = put_in_everywhere(client, authorization)
                metrics = client.get("/metrics").text
            knock(port, ana.tenant_id)
            process.send_signal(signal.SIGTERM)
            process.wait(20)
            reader.join(10)
        finally:
            process.kill()
            process.wait()
    assert [answer.status_code for answer in answers if answer.status_code >= 500 and answer.status_code != 503] == []
    told = [answer.text for answer in answers if answer.status_code >= 400]
    assert len(told) > 150
    spans = b"".join(received)
    assert bool(spans) == traces
    if traces:
        assert b"/api/me" in spans
    everything = {"log": str(logged), "errors": "".join(told), "metrics": metrics, "spans": spans.decode("latin-1")}
    found = {(place, canary) for place, text in everything.items() for canary in CANARIES if canary in text}
    assert found == set()
    assert login["access_token"] not in everything["log"] + everything["spans"]
    requests = [line for line in logged if line["event"] == "request"]
    assert len(requests) > 150
    assert all(line["request_id"] for line in requests)
    assert any(line.get("tenant_id") == str(ana.tenant_id) for line in requests)
