"""What the API's endpoints with a database cost, against `/ping`, which has none, in one interleaved run.

One worker, 32 kept connections, the load from a second process on the same machine. `api.one_row_ratio` is
`GET /api/me`, `api.page_ratio` is `GET /api/messages?limit=50`, both with a checked token and row level security;
`api.p99_ms` is the slower of the two at that load. `api.login_timing_ratio` holds the time of a log-in with a wrong
password against one of somebody unknown: it must not tell who has an account.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from typing import Any

import httpx

from tests.bench.api_world import COLLEAGUES, ROOT, world
from tests.bench.figures import Context, Figure

_CONNECTIONS = 32
_PATHS = {"ping": "/ping", "one_row": "/api/me", "page": "/api/messages?limit=50"}


async def run(context: Context) -> list[Figure]:
    """Figures api.one_row_ratio, api.page_ratio, api.p99_ms."""
    rounds, seconds = (9, 4.0) if context.is_full else (5, 2.0)
    context.progress("fills a database")
    async with world(context.folder, messages=5_000) as made:
        with made.api() as port:
            plan = {
                "host": "127.0.0.1",
                "port": port,
                "connections": _CONNECTIONS,
                "rounds": rounds,
                "seconds": seconds,
                "requests": {name: _request(path, made.token()) for name, path in _PATHS.items()},
            }
            context.progress(f"{rounds} rounds of {len(_PATHS)} endpoints")
            measured = await _load(plan)
            context.progress("log-ins of known and unknown people")
            timing = await asyncio.to_thread(_log_ins, port)
    return [*_figures(measured), timing]


def _log_ins(port: int) -> Figure:
    """Known and unknown by turns, so that both meet the same machine; every attempt fails."""
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        for number in range(COLLEAGUES):
            # The account is locked after eight failures, so each known one is somebody else.
            for who, email in (("known", f"p{number}@aurora.example"), ("unknown", f"n{number}@aurora.example")):
                started = time.perf_counter()
                answer = client.post("/api/auth/login", json={"email": email, "password": "errada"})
                times[who].append((time.perf_counter() - started) * 1000)
                if answer.status_code != 401:
                    message = f"a log-in with a wrong password answered {answer.status_code}"
                    raise RuntimeError(message)
    known, unknown = (statistics.median(times[who]) for who in ("known", "unknown"))
    details = {"known_ms": round(known, 1), "unknown_ms": round(unknown, 1)}
    ratio = max(known, unknown) / min(known, unknown)
    return Figure("api.login_timing_ratio", ratio, "times", "lower", 1.3, "somebody unknown against a person", details)


def _request(path: str, token: str) -> str:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"


async def _load(plan: dict[str, Any]) -> dict[str, list[dict[str, float]]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.bench.http_load",
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate(json.dumps(plan).encode())
    return json.loads(output)


def _figures(measured: dict[str, list[dict[str, float]]]) -> list[Figure]:
    failed = {name: sum(each["failed"] for each in rounds) for name, rounds in measured.items()}
    if any(failed.values()):
        message = f"answers other than 200: {failed}"
        raise RuntimeError(message)
    ratios = {
        name: statistics.median(
            each["rate"] / ping["rate"] for each, ping in zip(measured[name], measured["ping"], strict=True)
        )
        for name in ("one_row", "page")
    }
    p99 = {name: statistics.median(each["p99_ms"] for each in rounds) for name, rounds in measured.items()}
    details = {
        name: {key: round(statistics.median(each[key] for each in rounds), 2) for key in ("rate", "p50_ms", "p99_ms")}
        for name, rounds in measured.items()
    }
    peer = "/ping of the same process, which asks no database"
    return [
        Figure("api.one_row_ratio", ratios["one_row"], "of /ping", "higher", 0.25, peer, details),
        Figure("api.page_ratio", ratios["page"], "of /ping", "higher", 0.18, peer, details),
        Figure("api.p99_ms", max(p99["one_row"], p99["page"]), "ms", "lower", 50, "the goal of the specification", p99),
    ]
