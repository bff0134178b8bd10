"""The OpenAPI document is complete: examples of all that is sent and answered, a word about every parameter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from serving.openapi import document

# Times of day carry no offset here, which the format `time` of RFC 3339 would want.
FORMATS = FormatChecker(formats=("date", "date-time", "uuid"))
DOCUMENT: dict[str, Any] = json.loads(document())


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, each in DOCUMENT["paths"].items():
        yield from ((f"{method.upper()} {path}", operation) for method, operation in each.items())


def bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    """What is sent and what is answered in JSON, by operation."""
    for name, operation in operations():
        sent = operation.get("requestBody", {}).get("content", {})
        if "application/json" in sent:
            yield f"{name} sent", sent["application/json"]
        for status, response in operation["responses"].items():
            content = response.get("content", {}).get("application/json")
            # A route that answers nothing has an empty schema.
            if status.startswith("2") and content and content.get("schema"):
                yield f"{name} {status}", content


@pytest.mark.parametrize(("name", "content"), list(bodies()), ids=[name for name, _ in bodies()])
def test_an_example_is_there_and_is_one(name: str, content: dict[str, Any]) -> None:
    schema = content["schema"] | {"components": DOCUMENT["components"]}
    found = list(Draft202012Validator(schema, format_checker=FORMATS).iter_errors(content["example"]))
    assert [f"{error.json_path}: {error.message}" for error in found] == []
    assert content["example"] not in ({}, [], None)


def test_every_parameter_says_what_it_is() -> None:
    silent = [
        f"{name}: {parameter['name']}"
        for name, operation in operations()
        for parameter in operation.get("parameters", [])
        if not parameter.get("description") and not parameter["schema"].get("description")
    ]
    assert silent == []


def test_every_property_of_an_example_is_of_this_product() -> None:
    """A text that only repeats its property's name tells nobody anything."""
    empty = {
        f"{name}: {path}"
        for name, content in bodies()
        for path, value in texts(content["example"])
        if value == path.rsplit(".", 1)[-1]
    }
    assert sorted(empty) == []


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from texts(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, path)
