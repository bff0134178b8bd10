"""What a live event costs on its way to a thousand sockets of one company, against a bare `websockets` broadcast.

Ours is timed from before the transaction that publishes the event (insert, NOTIFY, commit) to each client; the peer
from before `broadcast()`. Both servers and the clients share the machine, one process each; the rounds take turns.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from evosense.live.models import NewLiveEvent
from evosense.live.publish import publish
from tests.bench.api_world import ROOT, World, world
from tests.bench.figures import Context, Figure

_SOCKETS = 1_000
_EVENTS_A_SECOND = 10
Emit = Callable[[int], Awaitable[float]]


async def run(context: Context) -> list[Figure]:
    """Figures live.p50_ratio, live.p99_ratio, live.delivered."""
    rounds, seconds = (5, 8.0) if context.is_full else (3, 5.0)
    async with AsyncExitStack() as stack:
        context.progress("starts the servers")
        made = await stack.enter_async_context(world(context.folder, messages=0))
        port = stack.enter_context(made.api(LIVE_MAX_PER_TENANT="2000"))
        bare = await _Process.start("tests.bench.bare_broadcast")
        stack.push_async_callback(bare.stop)
        bare_port = int(await bare.read())
        ours: list[dict[str, float]] = []
        peer: list[dict[str, float]] = []
        for number in range(rounds):
            context.progress(f"round {number + 1} of {rounds}, {_SOCKETS} sockets")
            peer.append(await _round({"port": bare_port, "path": "/"}, _by_broadcast(bare), seconds))
            first = json.dumps({"type": "auth", "token": made.token()})
            where = {"port": port, "path": f"/ws/tenant/{made.tenant_id}/", "first": first}
            ours.append(await _round(where, _by_publishing(made), seconds))
    return _figures(ours, peer)


class _Process:
    """A process that is spoken to in lines."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, module: str) -> _Process:
        pipe = asyncio.subprocess.PIPE
        return cls(
            await asyncio.create_subprocess_exec(sys.executable, "-m", module, cwd=ROOT, stdin=pipe, stdout=pipe)
        )

    async def read(self) -> str:
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), 120)
        if not line:
            message = "the process ended"
            raise RuntimeError(message)
        return line.decode()

    async def ask(self, line: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        return await self.read()

    async def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        if self._process.returncode is None:
            self._process.terminate()
        await self._process.wait()


def _by_broadcast(bare: _Process) -> Emit:
    async def emit(number: int) -> float:
        return float(await bare.ask(str(number)))

    return emit


def _by_publishing(made: World) -> Emit:
    async def emit(number: int) -> float:
        event = NewLiveEvent(made.tenant_id, "message_analyzed", "messages", {"n": number})
        at = time.monotonic()
        async with made.pool.connection() as connection:
            await publish(connection, [event])
        return at

    return emit


async def _round(where: dict[str, Any], emit: Emit, seconds: float) -> dict[str, float]:
    clients = await _Process.start("tests.bench.socket_load")
    try:
        await clients.ask(json.dumps({"do": "connect", "count": _SOCKETS, **where}))
        await asyncio.sleep(1)
        events: dict[int, float] = {}
        began = time.monotonic()
        for number in range(1, int(seconds * _EVENTS_A_SECOND) + 1):
            events[number] = await emit(number)
            await asyncio.sleep(max(0.0, began + number / _EVENTS_A_SECOND - time.monotonic()))
        await asyncio.sleep(1)
        return json.loads(await clients.ask(json.dumps({"do": "report", "events": events})))
    finally:
        await clients.stop()


def _figures(ours: list[dict[str, float]], peer: list[dict[str, float]]) -> list[Figure]:
    def median(rounds: list[dict[str, float]], key: str) -> float:
        return statistics.median(each[key] for each in rounds)

    details = {
        name: {key: round(median(rounds, key), 2) for key in ("p50_ms", "p95_ms", "p99_ms")}
        for name, rounds in (("ours", ours), ("bare", peer))
    }
    ratio = {key: median(ours, key) / median(peer, key) for key in ("p50_ms", "p99_ms")}
    against = "broadcast() of a bare websockets server to as many sockets"
    delivered = min(each["delivered"] for each in ours)
    return [
        Figure("live.p50_ratio", ratio["p50_ms"], "× bare", "lower", 1.6, against, details),
        Figure("live.p99_ratio", ratio["p99_ms"], "× bare", "lower", 2.0, against, details),
        Figure("live.delivered", delivered, "of events × sockets", "higher", 1.0, "every event to every socket"),
    ]
