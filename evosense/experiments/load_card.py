"""A stored report back as a card, so that it can be shown again without computing anything."""

from __future__ import annotations

import math
import types
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from evosense.experiments.card import Card

_T = TypeVar("_T")


def card_from(content: dict[str, Any]) -> Card:
    """The card that `Card.as_json` wrote; what was infinite or undefined comes back as NaN."""
    return _build(Card, {key: value for key, value in content.items() if key != "code_version"})


def _build(kind: type[_T], content: dict[str, Any]) -> _T:
    hints = get_type_hints(kind)
    known = {field.name for field in fields(kind)}  # pyright: ignore[reportArgumentType]
    return kind(**{name: _value(hints[name], value) for name, value in content.items() if name in known})


def _value(kind: Any, value: Any) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        inner = next(one for one in arguments if one is not type(None))
        return None if value is None else _value(inner, value)
    if origin is tuple:
        inner = arguments[0]
        return tuple(_value(inner, item) for item in value)
    if is_dataclass(kind) and isinstance(kind, type):
        return _build(kind, value)
    if kind is float:
        return math.nan if value is None else float(value)
    return value
