"""The stand-in's HTTP server. Each door answers as its original does, errors included."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

import orjson
from aiohttp import web

from evosense.testing.ai import brain
from evosense.testing.ai.doors import DOORS, Answer, Models
from evosense.testing.ai.mcp_door import McpDoor
from evosense.testing.ai.script import Fault, Script

_HANG_SECONDS = 3600.0


class AiStandIn:
    """`async with AiStandIn() as ai:` serves on a free port of the loopback.

    Attributes:
        script: how it behaves.
        models: what it has; change it while it runs.
        seen: bodies of the calls of models, in order, unless `remembers` is False.
    """

    def __init__(
        self,
        script: Script | None = None,
        *,
        models: tuple[str, ...] = ("qwen-test", "gemma-test"),
        dimensions: int = 768,
        remembers: bool = True,
    ) -> None:
        self.script = script or Script()
        self.models = Models(models, dimensions)
        self.seen: list[dict[str, Any]] = []
        self.calls = 0
        self.most_running = 0
        self.url = ""
        self._remembers = remembers
        self._running = 0
        self._busy_seconds = 0.0
        self._since = time.perf_counter()
        self._queue: asyncio.Semaphore | None = None
        self._runner: web.AppRunner | None = None
        self._mcp = McpDoor(self._one_message)

    async def __aenter__(self) -> AiStandIn:
        """Start serving."""
        return await self.start()

    async def __aexit__(self, *_error: object) -> None:
        """Stop, cutting calls that are running."""
        await self.stop()

    async def start(self, port: int = 0) -> AiStandIn:
        """Serve on a port (0: a free one)."""
        self._queue = asyncio.Semaphore(self.script.slots) if self.script.slots else None
        app = web.Application()
        for door in DOORS:
            app.router.add_route(door.method, door.path, self._handler(door.read, door.render, door.is_model))
        app.router.add_post("/_standin/script", self._change)
        app.router.add_get("/_standin/stats", self._stats)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def stop(self) -> None:
        """Stop serving."""
        await self._mcp.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def webhook(self) -> str:
        """The n8n door's address."""
        return f"{self.url}/webhook/ai-analysis"

    async def open_mcp(self) -> str:
        """Start the MCP door, on a port of its own; answers its address."""
        return await self._mcp.start()

    def stats(self) -> dict[str, float]:
        """Calls so far, the most at once, and the seconds that calls were running, all added up."""
        self._account()
        return {"calls": self.calls, "most_running": self.most_running, "busy_seconds": self._busy_seconds}

    def _account(self) -> None:
        now = time.perf_counter()
        self._busy_seconds += self._running * (now - self._since)
        self._since = now

    def _handler(self, read: Any, render: Any, is_model: bool) -> Any:
        async def handle(request: web.Request) -> web.StreamResponse:
            begun = time.perf_counter()
            body: dict[str, Any] = orjson.loads(await request.read() or b"{}") if request.method == "POST" else {}
            refusal = read(self.models, body)
            if refusal is not None:
                return web.json_response(refusal[1], status=refusal[0])
            if not is_model:
                return web.json_response(render(self.models, body, None))
            fault = self._take(body)
            payload = orjson.dumps(render(self.models, body, Answer.of(self.script.mode, body, fault)))
            await self._work(fault, begun)
            return await _respond(request, payload, fault)

        return handle

    def _take(self, body: dict[str, Any]) -> Fault | None:
        """Count a call in; answers what goes wrong with it."""
        if self._remembers:
            self.seen.append(body)
        return self.script.next_fault()

    async def _work(self, fault: Fault | None, begun: float) -> None:
        """Let the rest of the time pass that a call takes; its answer was made up since `begun`."""
        seconds = _HANG_SECONDS if fault and fault.kind == "hang" else self.script.latency_ms / 1000
        seconds -= time.perf_counter() - begun
        async with self._queue or contextlib.nullcontext():
            self._account()
            self.calls += 1
            self._running += 1
            self.most_running = max(self.most_running, self._running)
            try:
                await asyncio.sleep(seconds)
            finally:
                self._account()
                self._running -= 1

    async def _one_message(self, body: dict[str, Any]) -> dict[str, Any]:
        begun = time.perf_counter()
        fault = self._take(body)
        await self._work(fault, begun)
        if fault is not None:
            message = f"scripted fault {fault.kind}"
            raise RuntimeError(message)
        return brain.score_text(str(body.get("message", "")), self.script.mode)

    async def _change(self, request: web.Request) -> web.Response:
        self.script.change(await request.json())
        return web.json_response({})

    async def _stats(self, _request: web.Request) -> web.Response:
        return web.json_response(self.stats())


async def _respond(request: web.Request, payload: bytes, fault: Fault | None) -> web.StreamResponse:
    if fault is not None and fault.kind == "status":
        headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
        return web.Response(status=fault.status, text="scripted fault", headers=headers)
    if fault is not None and fault.kind == "cut":
        return await _cut(request, payload)
    return web.Response(body=payload, content_type="application/json")


async def _cut(request: web.Request, payload: bytes) -> web.StreamResponse:
    """Half an answer, and the line goes dead."""
    response = web.StreamResponse(headers={"Content-Length": str(len(payload)), "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(payload[: len(payload) // 2])
    if request.transport is not None:
        request.transport.close()
    return response
