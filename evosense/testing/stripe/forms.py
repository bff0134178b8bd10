"""Stripe's form encoding: `items[0][price]=price_1` as nested objects and lists."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_PART = re.compile(r"[^\[\]]+")


def decode_form(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Nested form of `pairs`; an object whose keys are 0, 1, 2 … becomes a list."""
    root: dict[str, Any] = {}
    for name, value in pairs:
        parts = _PART.findall(name)
        place = root
        for part in parts[:-1]:
            place = place.setdefault(part, {})
        place[parts[-1]] = value
    return _with_lists(root)


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(str(key).isdigit() for key in value):
        return [_with_lists(value[key]) for key in sorted(value, key=int)]
    return {str(key): _with_lists(inner) for key, inner in value.items()}
