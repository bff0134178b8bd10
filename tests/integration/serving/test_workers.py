"""Several worker processes on one port: /metrics adds them up, one that is killed is replaced, a signal ends all."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psutil

from tests.integration.serving.conftest import SECRET_KEY
from tests.integration.serving.test_process import events, start


@contextmanager
def two_workers(tmp_path, database_url) -> Iterator[tuple[psutil.Process, str]]:
    process = start(tmp_path, DATABASE_URL=database_url, SECRET_KEY=SECRET_KEY, API_WORKERS="2")
    try:
        port = next(line["port"] for line in events(process) if line["event"] == "api_listening")
        yield psutil.Process(process.pid), f"http://127.0.0.1:{port}"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) in (0, -signal.SIGTERM)
    finally:
        for each in psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []:
            each.kill()
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def ask(url: str, path: str) -> httpx.Response:
    """Over a connection of its own, so that any worker may take it."""
    return httpx.get(url + path, timeout=30)


def workers(supervisor: psutil.Process) -> set[int]:
    alive = [child for child in supervisor.children() if child.status() != psutil.STATUS_ZOMBIE]
    return {child.pid for child in alive if "spawn_main" in " ".join(child.cmdline())}


def health_requests(url: str) -> float:
    needle = 'evosense_http_requests_total{method="GET",route="/health",status="200"}'
    return next(float(line.split()[-1]) for line in ask(url, "/metrics").text.splitlines() if line.startswith(needle))


def test_metrics_are_of_all_workers_and_a_killed_one_is_replaced(tmp_path, database_url):
    with two_workers(tmp_path, database_url) as (supervisor, url):
        while len(before := workers(supervisor)) < 2:
            time.sleep(0.05)
        for _ in range(40):
            assert ask(url, "/health").status_code == 200
        # Whichever worker answers: the sum of both.
        assert [health_requests(url) for _ in range(6)] == [40.0] * 6
        psutil.Process(min(before)).kill()
        deadline = time.monotonic() + 30
        while len(workers(supervisor) - {min(before)}) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert health_requests(url) == 40.0
        text = ask(url, "/metrics").text
        assert "evosense_live_clients 0.0" in text
        assert "evosense_ai_oldest_task_seconds 0.0" in text
