"""Numbers, bytes and texts as the versions of Evolution API write them.

| | 1.8 to 2.3.2 | 2.3.3 to 2.3.5, webhooks | 2.3.6 and later, socket |
|---|---|---|---|
| bytes | base64 text | `{"0": 31, "1": 30, …}` | binary attachment |
| 64-bit integers | decimal text | number | `{"low": …, "high": …, "unsigned": …}` |

Every reader here accepts all of them and answers None for anything else; none raises.
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import Any, Final, cast

_MAX_INDEXED_BYTES: Final = 1_000_000
_MILLISECONDS_FROM: Final = 100_000_000_000  # as seconds this is the year 5138, as milliseconds 1973
_MAX_SECONDS: Final = 253_402_300_799  # the last second of year 9999, datetime's limit


def as_dict(value: object) -> dict[str, Any]:
    """`value` when it is a JSON object, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """`value` when it is a JSON list; a single object becomes a list of one; None becomes empty."""
    if isinstance(value, list):
        return cast("list[Any]", value)
    return [] if value is None else [value]


def as_text(value: object) -> str | None:
    """A non-empty text, else None. NUL is removed, because PostgreSQL's text can't hold it."""
    if not isinstance(value, str) or not value:
        return None
    return (value.replace("\x00", "") or None) if "\x00" in value else value


def as_bool(value: object) -> bool | None:
    """True or False, also when written as text."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value) if isinstance(value, str) else None


def as_int(value: object) -> int | None:
    """An integer in any rendering. `{low, high, unsigned}` is high·2³² + (low mod 2³²)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str):
        return int(value) if value.removeprefix("-").isdecimal() and len(value) <= 20 else None
    return _long(cast("dict[str, Any]", value)) if isinstance(value, dict) else None


def _long(value: dict[str, Any]) -> int | None:
    low, high = value.get("low"), value.get("high")
    if type(low) is not int or type(high) is not int:
        return None
    unsigned = value.get("unsigned") is True
    return ((high & 0xFFFFFFFF) if unsigned else high) * 2**32 + (low & 0xFFFFFFFF)


def as_bytes(value: object) -> bytes | None:
    """Bytes in any rendering, also Node's `{"type": "Buffer", "data": […]}`."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return _from_base64(value)
    if not isinstance(value, dict):
        return None
    return _from_object(cast("dict[str, Any]", value))


def _from_object(value: dict[str, Any]) -> bytes | None:
    written = value.get("$bytes_b64")
    if isinstance(written, str):
        return _from_base64(written)
    numbers = as_list(value.get("data")) if value.get("type") == "Buffer" else _indexed(value)
    try:
        return bytes(numbers) if numbers else None
    except (TypeError, ValueError):
        return None


def _indexed(value: dict[str, Any]) -> list[Any] | None:
    if not value or len(value) > _MAX_INDEXED_BYTES or "0" not in value:
        return None
    try:
        return [value[str(index)] for index in range(len(value))]
    except KeyError:
        return None


def _from_base64(value: str) -> bytes | None:
    try:
        return base64.b64decode(value, validate=True) or None
    except (binascii.Error, ValueError):
        return None


def as_instant(value: object) -> datetime | None:
    """A time in UTC from seconds or milliseconds since 1970 in any rendering of integers."""
    number = as_int(value)
    if number is None or number <= 0:
        return None
    seconds = number / 1000 if number >= _MILLISECONDS_FROM else number
    return datetime.fromtimestamp(seconds, UTC) if seconds <= _MAX_SECONDS else None
