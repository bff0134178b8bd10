"""The API as a process of its own: it starts from the environment, says clearly when it can't, and stops cleanly."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psycopg
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.integration.serving.conftest import PASSWORD, SECRET_KEY

ROOT = Path(__file__).resolve().parents[3]


def start(tmp_path: Path, **settings: str) -> subprocess.Popen[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "API_PORT": "0"} | settings
    return subprocess.Popen(
        [sys.executable, "-m", "serving"], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    )


def events(process: subprocess.Popen[str]):
    assert process.stderr is not None
    for line in process.stderr:
        yield json.loads(line)


def test_it_serves_and_stops_on_a_signal(tmp_path, database_url, people):
    process = start(tmp_path, DATABASE_URL=database_url, SECRET_KEY=SECRET_KEY)
    try:
        lines = events(process)
        port = next(line["port"] for line in lines if line["event"] == "api_listening")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            assert client.get("/health").json() == {"status": "ok"}
            login = {"email": people["ana"].email, "password": PASSWORD}
            token = client.post("/api/auth/login", json=login).json()
            page = client.get("/")
            assert page.headers["content-type"].startswith("text/html")
            assert "EvoSense" in page.text
        url = f"ws://127.0.0.1:{port}/ws/tenant/{token['tenant_id']}/"
        with connect(url) as live:
            live.send(json.dumps({"type": "auth", "token": token["access_token"]}))
            assert json.loads(live.recv(timeout=10))["type"] == "ready"
            process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as ended:
                live.recv(timeout=10)
            assert ended.value.rcvd.code == 1012  # service restart: clients come back
        logged = list(lines)
        assert process.wait(timeout=15) in (0, -signal.SIGTERM)
    finally:
        process.kill()
        process.wait()
    routes = [line["route"] for line in logged if line["event"] == "request"]
    assert "/api/auth/login" in routes
    assert PASSWORD not in str(logged)
    assert token["access_token"] not in str(logged)
    assert people["ana"].email not in str(logged)


def test_a_wrong_setting_or_a_taken_port_is_one_clear_sentence(tmp_path):
    good = {"DATABASE_URL": "postgresql://x", "SECRET_KEY": SECRET_KEY}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        cases = [
            ({"SECRET_KEY": SECRET_KEY}, "DATABASE_URL"),
            (good | {"API_PORT": str(taken.getsockname()[1])}, "set API_HOST and API_PORT"),
        ]
        processes = [(start(tmp_path, **settings), expected) for settings, expected in cases]
        for process, expected in processes:
            assert process.stderr is not None
            (line,) = process.stderr.read().splitlines()
            assert process.wait(timeout=30) == 2
            assert expected in json.loads(line)["detail"]


def test_it_starts_before_its_database_and_is_ready_after(tmp_path, database_url):
    name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    with psycopg.connect(database_url, dbname="postgres", autocommit=True) as other:
        other.execute(f'alter database "{name}" with allow_connections false')
        process = start(tmp_path, DATABASE_URL=database_url, SECRET_KEY=SECRET_KEY)
        try:
            port = next(line["port"] for line in events(process) if line["event"] == "api_listening")
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=15) as client:
                assert client.get("/health").status_code == 200
                assert client.get("/ready").json()["database"] == "unreachable"
                other.execute(f'alter database "{name}" with allow_connections true')
                deadline = time.monotonic() + 20
                while client.get("/ready").status_code != 200:
                    assert time.monotonic() < deadline
                    time.sleep(0.1)  # nothing tells from outside when it has connected
        finally:
            process.kill()
            process.wait()
