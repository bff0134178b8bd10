"""HTTP answers in Evolution's words."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web

_NAMES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    500: "Internal Server Error",
}


def reply(body: Any, status: int = 200) -> web.Response:
    """A JSON answer; bytes are taken as JSON already."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return web.Response(body=raw, status=status, content_type="application/json", charset="utf-8")


def problem(status: int, message: Any) -> web.Response:
    """An error as Express wraps it; `message` is a text for 401 and a list for the others."""
    return reply({"status": status, "error": _NAMES[status], "response": {"message": message}}, status)


def unauthorized() -> web.Response:
    """The key is missing or opens another door."""
    return problem(401, "Unauthorized")


def no_such_instance(name: str) -> web.Response:
    """The instance was never created, or was deleted."""
    return problem(404, [f'The "{name}" instance does not exist'])


def invalid(*findings: str) -> web.Response:
    """The body does not satisfy the schema: a list in a list, as the real one answers."""
    return problem(400, [list(findings)])


def license_required(instance_id: str, host: str) -> web.Response:
    """What every business route of an unactivated 2.4 answers."""
    body = {
        "error": "service not activated",
        "code": "LICENSE_REQUIRED",
        "register_url": f"{host}/manager/login",
        "instance_id": instance_id,
        "docs_url": "https://docs.evolutionfoundation.com.br/licensing",
        "message": "This server is not activated. Register it in the manager to use the API.",
    }
    return reply(body, 503)
