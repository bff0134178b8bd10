"""The errors that any operation can answer, in the OpenAPI document, so that no route has to name them."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from serving.schemas.problem import Problem, problems

# A header or body that can't be read, plain http, too many requests, the database is away.
_ANY = (400, 403, 429, 503)
_WITH_BODY = (413, 422)


def describe_errors(app: FastAPI) -> None:
    """Complete the document that `app.openapi()` makes."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        document = described()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        if "Problem" not in schemas:
            problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(problem.pop("$defs", {}))
            schemas["Problem"] = problem
        for path, operations in document["paths"].items():
            if path.startswith("/api/"):
                for operation in operations.values():
                    _complete(operation)
        return document

    app.openapi = openapi


def _complete(operation: dict[str, Any]) -> None:
    statuses = _ANY + (_WITH_BODY if "requestBody" in operation else ())
    for status, answer in problems(*statuses).items():
        operation["responses"].setdefault(str(status), answer)
    if "422" in operation["responses"]:  # FastAPI's own word for it is not what we answer
        operation["responses"]["422"] = problems(422)[422]
