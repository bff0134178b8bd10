"""A tool on an MCP server (n8n's MCP trigger, for one) as a scorer, over streamable HTTP, by the official SDK.

The tool gets the payload of the n8n webhook and answers as the webhook does, as structured content or as JSON text.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from http import HTTPStatus
from typing import Any, Final

import orjson
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.types import INVALID_REQUEST, CallToolResult, TextContent

from evosense.ai.backend_spec import BackendSpec
from evosense.ai.mcp_replies import Replies
from evosense.ai.model_config import ModelConfig
from evosense.ai.n8n import payload, read_reply
from evosense.ai.ollama import bearer
from evosense.ai.protocols import CallFailure, ScoringAnswer, ScoringRequest
from evosense.ai.remote import RemoteScorer

_DEFAULT_TOOL = "score_message"
_LEAVE_SECONDS: Final = 1.0
_NO_SUCH_SESSION: Final = frozenset((HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND))
# The SDK logs what it could not read, word by word, and that may quote a customer; callers learn by the error class.
logging.getLogger("mcp.client").setLevel(logging.CRITICAL)


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
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def identify(self) -> CallFailure | None:
        """See that the server has the tool."""
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._spec.timeout_seconds):
                tools = await (await self._open()).client.list_tools()
        except TimeoutError:
            return CallFailure("timeout")
        except Exception:  # noqa: BLE001 - transport errors of several libraries; each means that it is away
            return await self._away(_since(started))
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
        except MCPError as error:
            refused = self._refusal(_since(started))
            # So says a server that was restarted, which says nothing against its address or the question.
            knows_us_no_more = error.code == INVALID_REQUEST or (refused and refused.http_status in _NO_SUCH_SESSION)
            if knows_us_no_more:
                await self.close()
            return CallFailure("mcp_error", latency_ms=_since(started)) if knows_us_no_more or not refused else refused
        except Exception:  # noqa: BLE001 - transport errors of several libraries; each means that it is away
            return await self._away(_since(started))
        if result.is_error:
            return CallFailure("tool_error", latency_ms=_since(started))
        return read_reply(_body(result), _since(started))

    async def _away(self, latency_ms: float) -> CallFailure:
        """What keeps a session from coming about, or ended it."""
        refused = self._refusal(latency_ms)
        await self.close()
        return refused or CallFailure("unreachable", latency_ms=latency_ms)

    def _refusal(self, latency_ms: float) -> CallFailure | None:
        return self._session.replies.refused(latency_ms) if self._session else None

    async def _open(self) -> _Session:
        async with self._opening:
            if self._session is None or self._session.is_over:
                self._session = _Session(self._spec.url, self._headers, self._spec.timeout_seconds)
            session = self._session
        await session.start()
        return session


class _Session:
    """The SDK's client in a task of its own: it must be left in the task that entered it."""

    def __init__(self, url: str, headers: dict[str, str], timeout_seconds: float) -> None:
        self._url = url
        self._headers = {**headers, "accept-encoding": "identity"}
        self._timeout_seconds = timeout_seconds
        self.replies = Replies()
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
        """Leave; a server that does not let go, or never opened, is left all the same."""
        self._over.set()
        if not self._ready.done():
            self._task.cancel()
        await asyncio.wait((self._task,), timeout=_LEAVE_SECONDS)
        self._task.cancel()

    async def _hold(self) -> None:
        try:
            async with (
                # The SDK itself would wait for minutes, and keep whoever closes it waiting.
                asyncio.timeout(self._timeout_seconds) as opening,
                create_mcp_http_client(headers=self._headers) as http,
                Client(streamable_http_client(self._url, http_client=self.replies.watch(http))) as client,
            ):
                opening.reschedule(None)
                self._ready.set_result(client)
                await self._over.wait()
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for the session
            self._fail(error)
        finally:
            # No cancellation: who waits is not meant, only the session is.
            self._fail(ConnectionAbortedError())

    def _fail(self, error: Exception) -> None:
        if not self._ready.done():
            self._ready.set_exception(error)
            self._ready.exception()  # looked at, even if nobody waits


def _body(result: CallToolResult) -> bytes:
    if result.structured_content is not None:
        return orjson.dumps(_unwrapped(result.structured_content))
    return "".join(part.text for part in result.content if isinstance(part, TextContent)).encode()


def _unwrapped(content: dict[str, Any]) -> Any:
    """Servers wrap what is no object in `{"result": …}`."""
    return content["result"] if set(content) == {"result"} else content


def _since(started: float) -> float:
    return 1000 * (time.perf_counter() - started)
