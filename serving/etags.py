"""ETags: a reader need not fetch what has not changed, a writer does not overwrite what it has not seen (RFC 9110)."""

from __future__ import annotations

import hashlib
from typing import ClassVar

from fastapi import Request, Response
from pydantic import BaseModel
from starlette.status import HTTP_304_NOT_MODIFIED

from evosense.errors import EvoSenseError


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
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization, X-API-Key"}
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
