"""Errors as the API tells them: problem+json (RFC 9457), each saying what to do, none repeating what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
import psycopg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from psycopg_pool import PoolTimeout
from starlette.exceptions import HTTPException

from evosense.errors import ConfigurationError, EvoSenseError, RateLimited, UpstreamTransient
from evosense.log import get_logger
from serving.schemas.problem import InvalidField, Problem

MEDIA_TYPE = "application/problem+json"
_log = get_logger(__name__)
_DETAILS = {
    400: "The body can't be read; send JSON in UTF-8",
    404: "There is nothing at this address; /openapi.json lists what there is",
    405: "This address does not take that method; /openapi.json lists what it takes",
    415: "A compressed body is not read; have the proxy that compresses it leave it as it is",
    413: "The request is too large; send less at once",
}


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: list[InvalidField] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The response for one error; the request's id is taken from the logging context."""
    body = Problem(
        type=f"urn:evosense:problem:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", "")),
        errors=errors,
    )
    return Response(
        orjson.dumps(body.model_dump(exclude_none=True)), status, headers=dict(headers or {}), media_type=MEDIA_TYPE
    )


def install(app: FastAPI) -> None:
    """Register the handlers; what they leave over, `RequestContext` answers with `failed`."""
    app.add_exception_handler(EvoSenseError, _named)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(psycopg.OperationalError, _database_away)
    app.add_exception_handler(PoolTimeout, _database_away)
    app.add_exception_handler(psycopg.DataError, _unstorable)
    app.add_exception_handler(UnicodeEncodeError, _unstorable)


def from_error(error: EvoSenseError) -> Response:
    """The response for an error of the domain."""
    headers: dict[str, str] = {}
    if isinstance(error, RateLimited):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return problem(error.status, error.code, error.detail, headers=headers)


async def _named(_request: Request, error: Exception) -> Response:
    assert isinstance(error, EvoSenseError)  # noqa: S101 - that is what it is registered for
    if isinstance(error, ConfigurationError):
        # What is wrong with the server is for its operator, not for whoever calls.
        _log.error("configuration_error", detail=error.detail)
        return problem(error.status, error.code, "The server is not set up correctly; its log tells the operator why")
    return from_error(error)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    # Pydantic quotes the input, which may be a password or a customer's words: only place and reason go out.
    fields = [
        InvalidField(field=".".join(str(part) for part in each["loc"]), reason=str(each["msg"]))
        for each in error.errors()
    ]
    return problem(422, "invalid_input", "The request can't be used as it is; see `errors`", errors=fields)


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    status = HTTPStatus(error.status_code)
    detail = _DETAILS.get(error.status_code, status.phrase)
    return problem(error.status_code, status.name.lower(), detail, headers=error.headers)


async def _database_away(_request: Request, error: Exception) -> Response:
    _log.error("database_unavailable", error_class=type(error).__name__)
    away = UpstreamTransient("The database can't be reached for now; try again in a moment")
    return problem(away.status, away.code, away.detail, headers={"Retry-After": "2"})


async def _unstorable(_request: Request, error: Exception) -> Response:
    """The net below `serving.schemas.text`: a text with a null character or half a surrogate pair, wherever it was."""
    refused_by_client = isinstance(error, psycopg.DataError) and error.sqlstate is None
    if refused_by_client or isinstance(error, UnicodeEncodeError | psycopg.errors.UntranslatableCharacter):
        return problem(422, "invalid_input", "A text holds a null character or half a surrogate pair; leave it out")
    return failed(error)


def failed(error: Exception) -> Response:
    """The response for an error that nobody expected; logged by class and place, since its message may quote data."""
    _log.error("unexpected_error", error_class=type(error).__name__, place=_place(error))
    return problem(500, "internal_error", "Something went wrong on our side; the log has it under this request_id")


def _place(error: BaseException) -> str:
    frame: Any = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return f"{frame.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{frame.tb_lineno}" if frame else ""
