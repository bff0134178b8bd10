"""Query parameters that a route doesn't know are refused: a filter with a typo must not answer without the filter."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel


async def known_names_only(request: Request) -> None:
    """Dependency of every route that people and their programs call; not of webhooks, whose addresses others write.

    Raises RequestValidationError, which names the parameters that there are.
    """
    if not request.url.query:
        return
    known = _known(request.scope["route"].dependant)
    errors = [_unknown(name, known) for name in dict.fromkeys(request.query_params) if name not in known]
    if errors:
        raise RequestValidationError(errors)


def _known(dependant: Dependant) -> list[str]:
    """What a route and everything that it depends on reads from the query, by the names that callers may write."""
    names: set[str] = set()
    waiting = [dependant]
    while waiting:
        one = waiting.pop()
        waiting += one.dependencies
        for field in one.query_params:
            model = field.field_info.annotation
            if isinstance(model, type) and issubclass(model, BaseModel):
                names.update(info.alias or name for name, info in model.model_fields.items())
                if model.model_config.get("populate_by_name"):
                    names.update(model.model_fields)
            else:
                names.add(field.alias)
    return sorted(names)


def _unknown(name: str, known: list[str]) -> dict[str, Any]:
    there_are = f"there are: {', '.join(known)}" if known else "this address takes none"
    return {"loc": ("query", name), "msg": f"No such parameter; {there_are}", "type": "unknown_parameter"}
