"""Around every request: an id, a log line, security headers, a limit to the body, and a net below all errors.

Plain ASGI on purpose: Starlette's BaseHTTPMiddleware costs a task and a queue per request.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from evosense.db.ids import new_id
from evosense.log import get_logger
from serving.monitoring import Monitoring
from serving.problems import failed, problem

MAX_BODY_BYTES = 1_048_576
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Platforms ask these by address, not by our public name.
_ANY_HOST = ("/health", "/ping", "/ready", "/metrics")
_log = get_logger("serving.request")


class RequestContext:
    """Gives each request an id, answers what nobody caught, adds security headers, logs and counts."""

    def __init__(self, app: ASGIApp, monitoring: Monitoring, *, https: bool) -> None:
        """`https`: the public address is https, so browsers are told to stay there."""
        self._app = app
        self._monitoring = monitoring
        self._headers = dict(_HEADERS)
        if https:
            self._headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope).get("x-request-id"))
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:  # noqa: BLE001 - the net below everything
            response = failed(error)
            if status == 0:
                await response(scope, receive, send_with_headers)
        finally:
            self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", None) or "unmatched"
        self._monitoring.request(scope["method"], route, status, seconds)
        if route not in _ANY_HOST:
            _log.info(
                "request", method=scope["method"], route=route, status=status, milliseconds=round(seconds * 1000, 1)
            )


class Guard:
    """Refuses plain http, foreign Host headers and bodies that are too large, before anything reads them."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Sequence[str],
        max_body_bytes: int = MAX_BODY_BYTES,
        larger: Mapping[str, int] | None = None,
        https_only: bool = False,
    ) -> None:
        """`hosts` without a port; empty means any. `larger`: bytes allowed below these paths, which read with care.

        `https_only` refuses what came over plain http, as the server or a trusted proxy before it says.
        """
        self._https_only = https_only
        self._app = app
        self._hosts = frozenset(hosts)
        self._max = max_body_bytes
        self._larger = dict(larger or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not self._is_our_host(scope, headers):
            response = problem(400, "unknown_host", "The Host header is not this service's; see PUBLIC_URL")
            await response(scope, receive, send)
            return
        if self._https_only and scope["scheme"] in ("http", "ws") and scope["path"] not in _ANY_HOST:
            await _https_required()(scope, receive, send)
            return
        limit = self._limit(scope["path"])
        if scope["type"] == "http" and _declared(headers) > limit:
            await _too_large(limit)(scope, receive, send)
            return
        await self._limited(scope, receive, send, limit)

    def _limit(self, path: str) -> int:
        return next((most for prefix, most in self._larger.items() if path.startswith(prefix)), self._max)

    async def _limited(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        received = 0
        started = False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > limit:
                    raise _BodyTooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, counted, noted)
        except _BodyTooLarge:
            if not started:
                await _too_large(limit)(scope, receive, send)

    def _is_our_host(self, scope: Scope, headers: Headers) -> bool:
        if not self._hosts or scope["path"] in _ANY_HOST:
            return True
        return urlsplit(f"//{headers.get('host', '')}").hostname in self._hosts


class _BodyTooLarge(BaseException):
    """The body went past its limit. No Exception, so that no handler on the way takes it for something else."""


def _too_large(limit: int) -> ASGIApp:
    return problem(413, "content_too_large", f"The body is larger than {limit} bytes; send less at once")


def _https_required() -> ASGIApp:
    detail = "Use https. Operator: if a proxy before this service speaks it, name the proxy in TRUSTED_PROXIES"
    return problem(403, "https_required", detail)


def _declared(headers: Headers) -> int:
    length = headers.get("content-length", "0")
    return int(length) if length.isdecimal() else 0


def _request_id(given: str | None) -> str:
    return given if given and _REQUEST_ID.fullmatch(given) else str(new_id())
