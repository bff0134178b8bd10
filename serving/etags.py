"""ETags: a reader need not fetch what has not changed, a writer does not overwrite what it has not seen (RFC 9110)."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any, ClassVar, Final

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel
from starlette.datastructures import Headers, MutableHeaders
from starlette.status import HTTP_200_OK, HTTP_304_NOT_MODIFIED
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from evosense.errors import EvoSenseError

_HEADERS: Final = {"Cache-Control": "private, no-cache", "Vary": "Authorization, X-API-Key"}
# Figures, which pages ask for again and again. What holds customers' words is kept by no browser (no-store).
_FIGURES: Final = ("/api/tenants/", "/api/metrics", "/api/billing/plans")
_WORDS: Final = ("/themes",)


class Changed(EvoSenseError):
    """This was changed by somebody else since you read it; read it again and repeat your change."""

    status: ClassVar[int] = 412
    code: ClassVar[str] = "changed_meanwhile"


def etag_of(answer: BaseModel) -> str:
    """A strong ETag of what is answered."""
    return f'"{hashlib.sha256(answer.model_dump_json().encode()).hexdigest()[:32]}"'


def not_modified(request: Request, response: Response, answer: BaseModel) -> Response | None:
    """304 when the caller has this answer already; otherwise None, and the ETag is set on `response`."""
    tag = etag_of(answer)
    # The answer is one person's: kept by their browser, asked for again each time.
    headers = {"ETag": tag, **_HEADERS}
    if tag in _tags(request.headers.get("if-none-match")):
        return Response(status_code=HTTP_304_NOT_MODIFIED, headers=headers)
    response.headers.update(headers)
    return None


def require_unchanged(request: Request, answer: BaseModel) -> None:
    """Raise Changed when the caller names by If-Match another state than the present one."""
    wanted = request.headers.get("if-match")
    if wanted is not None and wanted.strip() != "*" and etag_of(answer) not in _tags(wanted):
        raise Changed


def _tags(header: str | None) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in (header or "").split(",")}


def revalidates(path: str) -> bool:
    """Whether answers from this path (or template of one) carry an ETag."""
    return path.startswith(_FIGURES) and not path.endswith(_WORDS)


class Revalidation:
    """Gives figures an ETag of their bytes, and answers 304 to who has them already."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] != "GET" or not revalidates(scope["path"]):
            await self._app(scope, receive, send)
            return
        known = _tags(Headers(scope=scope).get("if-none-match"))
        held: list[Message] = []

        async def send_tagged(message: Message) -> None:
            if message["type"] == "http.response.start":
                held.append(message)
                return
            for each in _tagged(held.pop(), message, known) if held else (message,):
                await send(each)

        await self._app(scope, receive, send_tagged)


def _tagged(start: Message, body: Message, known: set[str]) -> tuple[Message, Message]:
    headers = MutableHeaders(scope=start)
    if start["status"] != HTTP_200_OK or body.get("more_body") or "etag" in headers:
        return start, body
    tag = f'"{hashlib.sha256(body.get("body", b"")).hexdigest()[:32]}"'
    headers.update({"ETag": tag, **_HEADERS})
    if tag not in known:
        return start, body
    del headers["Content-Length"]
    start["status"] = HTTP_304_NOT_MODIFIED
    return start, {"type": "http.response.body", "body": b""}


def describe_etags(app: FastAPI) -> None:
    """Tell the OpenAPI document which answers carry an ETag. The last to complete it: from here on it is kept."""
    described = app.openapi

    @cache
    def openapi() -> dict[str, Any]:
        document = described()
        for path, operations in document["paths"].items():
            if "get" in operations and revalidates(path):
                answers = operations["get"]["responses"]
                tag = {"description": "Send it back as If-None-Match", "schema": {"type": "string"}}
                answers["200"].setdefault("headers", {}).setdefault("ETag", tag)
                answers.setdefault("304", {"description": "As the caller has it by If-None-Match"})
        return document

    app.openapi = openapi
