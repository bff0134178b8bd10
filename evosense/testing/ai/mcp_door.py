"""The MCP door: a server of the official SDK with one tool, over streamable HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from mcp.server import MCPServer

TOOL = "score_message"
_PATIENCE_SECONDS = 10.0


class McpDoor:
    """Serves `answer` as the tool `score_message`; started on demand."""

    def __init__(self, answer: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]) -> None:
        self._answer = answer
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> str:
        """Serve on a free port; answers the address."""
        server = MCPServer("evosense-standin")

        @server.tool(name=TOOL)
        async def score_message(
            tenant_id: str,
            message: str,
            context: dict[str, Any],
            prompt_version: str = "",
            prompt: list[dict[str, Any]] | None = None,
        ) -> dict[str, Any]:
            """Judge a customer's message."""
            return await self._answer(
                {"tenant_id": tenant_id, "message": message, "context": context, "prompt_version": prompt_version}
            )

        port = _free_port()
        self._task = asyncio.create_task(server.run_streamable_http_async(host="127.0.0.1", port=port))
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not await _listens(port):  # noqa: ASYNC110 - nothing says when it listens
                await asyncio.sleep(0.02)
        return f"http://127.0.0.1:{port}/mcp"

    async def stop(self) -> None:
        """Stop serving."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self._task
            self._task = None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
