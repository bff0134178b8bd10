"""What the API's endpoints with a database cost, against `/ping`, which has none, in one interleaved run.

One worker, 32 kept connections, the load from a second process on the same machine. `api.one_row_ratio` is
`GET /api/me`, `api.page_ratio` is `GET /api/messages?limit=50`, both with a checked token and row level security;
`api.p99_ms` is the slower of the two at that load.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from typing import Any

from tests.bench.api_world import ROOT, world
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
    return _figures(measured)


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
