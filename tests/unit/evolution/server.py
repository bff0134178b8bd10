"""A very small Engine.IO server for link tests, scripted by each test. The full stand-in lives in evosense.testing."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

OPEN = '0{"sid":"s","upgrades":[],"pingInterval":%d,"pingTimeout":%d,"maxPayload":1000000}'
Script = Callable[[ServerConnection], Awaitable[None]]


@asynccontextmanager
async def serving(
    script: Script, *, key: str = "KEY", ping_ms: int = 25_000, timeout_ms: int = 20_000
) -> AsyncGenerator[str]:
    """Serve on a free port, run `script` for each connection after the handshake; yields the base address."""

    def check(connection: ServerConnection, request: Request) -> Response | None:
        if request.headers.get("apikey") == key:
            return None
        words = "Invalid global token" if "apikey" in request.headers else "apiKey is required"
        return connection.respond(HTTPStatus.BAD_REQUEST, words)

    async def handler(connection: ServerConnection) -> None:
        await connection.send(OPEN % (ping_ms, timeout_ms))
        await script(connection)
        await connection.wait_closed()

    async with serve(handler, "127.0.0.1", 0, process_request=check, max_size=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"http://127.0.0.1:{port}"


async def expect(connection: ServerConnection, frame: str) -> None:
    async with asyncio.timeout(5):
        assert await connection.recv() == frame
