"""Completes the OpenAPI document: every JSON body and answer has an example, every parameter a description.

Schemas that bring an example keep it. For the others one is made from the schema, with the values of
`example_values.py`, so that a new route is complete without anybody having to think of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

from fastapi import FastAPI

from serving.example_values import PARAMETERS, UUID, VALUES

_JSON = "application/json"
_FORMATS: dict[str, Any] = {
    "uuid": UUID,
    "date": "2026-11-20",
    "date-time": "2026-11-20T14:03:21Z",
    "time": "09:00:00",
    "uri": "https://evolution.example.com",
    "password": "uma senha bem longa",
}
_DEEPEST = 12
_PROMPT_NAME = "sentiment"  # the one kind of text whose form is narrow


def describe_examples(app: FastAPI) -> None:
    """Complete the document that `app.openapi()` makes."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        document = described()
        schemas = document["components"]["schemas"]
        for operation in _operations(document):
            for parameter in operation.get("parameters", []):
                if not parameter.get("description") and not parameter["schema"].get("description"):
                    parameter["description"] = PARAMETERS.get(parameter["name"], "")
            for content in _bodies(operation):
                if "example" not in content and "examples" not in content and content.get("schema"):
                    content["example"] = example_of(content["schema"], schemas)
        return document

    app.openapi = openapi


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def _bodies(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What is sent and what is answered in JSON, errors apart: those have the example of `Problem`."""
    sent = operation.get("requestBody", {}).get("content", {})
    answered = [
        response.get("content", {}) for status, response in operation["responses"].items() if status.startswith("2")
    ]
    yield from (content[_JSON] for content in (sent, *answered) if _JSON in content)


def example_of(schema: dict[str, Any], schemas: dict[str, Any], name: str = "", depth: int = 0) -> Any:
    """A value that `schema` allows; `name` is the property's, `schemas` are those of the document."""
    schema = _resolved(schema, schemas)
    if "example" in schema:
        return _complete(schema, schemas, depth)
    if schema.get("examples"):
        return schema["examples"][0]
    if depth > _DEEPEST:
        return None
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return _of_one(schema[several], schemas, name, depth)
    return _of_kind(schema, schemas, name, depth)


def _complete(schema: dict[str, Any], schemas: dict[str, Any], depth: int) -> Any:
    """Its own example with all that is required: FastAPI leaves out what is null, and a subclass has more fields."""
    own = schema["example"]
    if not isinstance(own, dict):
        return own
    known, properties = cast("dict[str, Any]", own), schema.get("properties", {})
    missing = [name for name in schema.get("required", ()) if name not in known]
    return known | {
        name: None if _may_be_null(properties[name]) else example_of(properties[name], schemas, name, depth + 1)
        for name in missing
    }


def _may_be_null(schema: dict[str, Any]) -> bool:
    return any(each.get("type") == "null" for each in schema.get("anyOf", ()))


def _of_one(choices: list[dict[str, Any]], schemas: dict[str, Any], name: str, depth: int) -> Any:
    if VALUES.get(name, ...) is None:
        return None
    first = next((each for each in choices if each.get("type") != "null"), choices[0])
    return example_of(first, schemas, name, depth + 1)


def _of_kind(schema: dict[str, Any], schemas: dict[str, Any], name: str, depth: int) -> Any:
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return VALUES[name] if VALUES.get(name) in schema["enum"] else schema["enum"][0]
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            return {each: example_of(inner, schemas, each, depth + 1) for each, inner in properties.items()}
        case "array":
            return _list_of(schema, schemas, name, depth)
        case "boolean":
            return True
        case _:
            return _plain(schema, name)


def _list_of(schema: dict[str, Any], schemas: dict[str, Any], name: str, depth: int) -> list[Any]:
    if isinstance(VALUES.get(name), list):
        return VALUES[name]
    if "prefixItems" in schema:
        return [example_of(each, schemas, name, depth + 1) for each in schema["prefixItems"]]
    return [example_of(schema["items"], schemas, name.removesuffix("s"), depth + 1)] if "items" in schema else []


def _plain(schema: dict[str, Any], name: str) -> Any:
    kind = schema.get("type")
    if kind == "string":
        return _text(schema, name)
    known = VALUES.get(name)
    least, most = schema.get("minimum", 0), schema.get("maximum")
    if not isinstance(known, int | float) or known < least or (most is not None and known > most):
        known = max(schema.get("exclusiveMinimum", least - 1) + 1, least)
        known = known if most is None else min(known, most)
    return int(known) if kind == "integer" else known


def _text(schema: dict[str, Any], name: str) -> str:
    if "format" in schema and schema["format"] in _FORMATS:
        return _FORMATS[schema["format"]]
    pattern = re.compile(schema.get("pattern", ""))
    choices = (VALUES.get(name), _PROMPT_NAME if "pattern" in schema else None)
    return next((each for each in choices if isinstance(each, str) and pattern.search(each)), name)


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        # What stands beside a reference (a default, a description) is not about its value.
        schema = schemas[schema["$ref"].rsplit("/", 1)[-1]]
    return _resolved(schema["allOf"][0], schemas) if len(schema.get("allOf", ())) == 1 else schema
