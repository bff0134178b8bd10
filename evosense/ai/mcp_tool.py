"""A tool on an MCP server (n8n's MCP trigger, for one) as a scorer, over streamable HTTP, by the official SDK.

The tool gets the payload of the n8n webhook and answers as the webhook does, as structured content or as JSON text.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from typing import Any

import orjson
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.types import CallToolResult, TextContent

from evosense.ai.backend_spec import BackendSpec
from evosense.ai.model_config import ModelConfig
from evosense.ai.n8n import payload, read_reply
from evosense.ai.ollama import bearer
from evosense.ai.protocols import CallFailure, ScoringAnswer, ScoringRequest
from evosense.ai.remote import RemoteScorer

_DEFAULT_TOOL = "score_message"


class McpScorer(RemoteScorer):
    """`Scorer` over one MCP session, opened by the first call and again after it broke. Param: tool."""

    def __init__(self, spec: BackendSpec) -> None:
        self._spec = spec
        self._tool = str(spec.params.get("tool", _DEFAULT_TOOL))
        self._headers = bearer(spec.secret)
        self._session: _Session | None = None
        self._opening = asyncio.Lock()
        params = {"server_sha256": hashlib.sha256(spec.url.encode()).hexdigest(), "tool": self._tool}
        super().__init__(ModelConfig("mcp", spec.model or self._tool, None, params), spec.slots)

    async def close(self) -> None:
        """End the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def identify(self) -> CallFailure | None:
        """See that the server has the tool."""
        try:
            async with asyncio.timeout(self._spec.timeout_seconds):
                tools = await (await self._open()).client.list_tools()
        except TimeoutError:
            return CallFailure("timeout")
        except Exception:  # noqa: BLE001 - transport errors of several libraries; each means that it is away
            await self.close()
            return CallFailure("unreachable")
        return None if any(tool.name == self._tool for tool in tools.tools) else CallFailure("tool_missing")

    async def call(self, request: ScoringRequest) -> ScoringAnswer | CallFailure:
        """One call of the tool."""
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._spec.timeout_seconds):
                session = await self._open()
                result = await session.client.call_tool(self._tool, payload(request))
        except TimeoutError:
            return CallFailure("timeout", latency_ms=_since(started))
        except MCPError:
            return CallFailure("mcp_error", latency_ms=_since(started))
        except Exception:  # noqa: BLE001 - transport errors of several libraries; each means that it is away
            await self.close()
            return CallFailure("unreachable", latency_ms=_since(started))
        if result.is_error:
            return CallFailure("tool_error", latency_ms=_since(started))
        return read_reply(_body(result), _since(started))

    async def _open(self) -> _Session:
        async with self._opening:
            if self._session is None or self._session.is_over:
                self._session = _Session(self._spec.url, self._headers)
                await self._session.start()
            return self._session


class _Session:
    """The SDK's client in a task of its own: it must be left in the task that entered it."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self._url = url
        self._headers = headers
        self._over = asyncio.Event()
        self._ready: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._hold(), name="mcp-session")

    @property
    def is_over(self) -> bool:
        """Whether the connection ended."""
        return self._task.done()

    @property
    def client(self) -> Client:
        """The open client."""
        return self._ready.result()

    async def start(self) -> None:
        """Return when the session is open. Raises what kept it from opening."""
        await asyncio.shield(self._ready)

    async def close(self) -> None:
        """Leave."""
        self._over.set()
        with contextlib.suppress(Exception):
            await self._task

    async def _hold(self) -> None:
        try:
            async with (
                create_mcp_http_client(headers=self._headers) as http,
                Client(streamable_http_client(self._url, http_client=http)) as client,
            ):
                self._ready.set_result(client)
                await self._over.wait()
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for the session
            if not self._ready.done():
                self._ready.set_exception(error)
        finally:
            if not self._ready.done():
                self._ready.cancel()


def _body(result: CallToolResult) -> bytes:
    if result.structured_content is not None:
        return orjson.dumps(_unwrapped(result.structured_content))
    return "".join(part.text for part in result.content if isinstance(part, TextContent)).encode()


def _unwrapped(content: dict[str, Any]) -> Any:
    """Servers wrap what is no object in `{"result": …}`."""
    return content["result"] if set(content) == {"result"} else content


def _since(started: float) -> float:
    return 1000 * (time.perf_counter() - started)
