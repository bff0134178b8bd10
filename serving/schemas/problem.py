"""Errors on the wire."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class InvalidField(BaseModel):
    """One field that can't be used."""

    field: str = Field(examples=["query.limit"])
    reason: str = Field(examples=["Input should be less than or equal to 200"])


class Problem(BaseModel):
    """An error by RFC 9457. `detail` says what to do; `code` is for programs; `request_id` finds it in the log."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "urn:evosense:problem:not_authenticated",
                "title": "Unauthorized",
                "status": 401,
                "detail": "The access token has expired; get a new one from POST /api/auth/refresh",
                "code": "not_authenticated",
                "request_id": "01997a5c-3c43-7d3a-b6f1-2f6c1f4f6a10",
            }
        }
    )

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[InvalidField] | None = None


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that can answer these errors."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    reasons = {
        400: "A header of the request can't be used",
        401: "No valid token, or wrong credentials",
        402: "The plan or the subscription does not allow this; `detail` says what to do",
        403: "The role does not allow this",
        404: "Absent, or another company's",
        409: "This contradicts how things stand",
        412: "Changed by somebody else since it was read",
        413: "The request is too large",
        415: "The body is compressed, which is not read",
        422: "The request can't be used as it is",
        429: "Too many requests; see Retry-After",
        502: "The other server refused; `detail` says what to do there",
        503: "The database, or another server that is needed, is away for now",
    }
    return {status: {"description": reasons[status], "content": content} for status in statuses}
