"""Rows as binary arrays, one per column: the parameters of `insert … select … from unnest(…)`.

psycopg dumps a Python list element by element in Python, escaping texts with regular expressions; at thousands of rows
a second that is most of a writer's time. These arrays are put together in Postgres' binary format right away, and the
server reads them without parsing.

Format (array_send in PostgreSQL's source): dimensions, flags (1: holds nulls), element type, length, lower bound, each
a 32-bit big-endian integer; then per element its length (-1: null) and its bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import cache
from types import NoneType
from typing import Any, Final, NamedTuple, get_args, get_type_hints
from uuid import UUID

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

_HEAD = struct.Struct(">iiIii")
_LENGTH = struct.Struct(">i")
_LONG = struct.Struct(">iq")
_DOUBLE = struct.Struct(">id")
_INT = struct.Struct(">ii")
_NULL: Final = b"\xff\xff\xff\xff"
_TRUE: Final = b"\x00\x00\x00\x01\x01"
_FALSE: Final = b"\x00\x00\x00\x01\x00"
_UUID_HEAD: Final = b"\x00\x00\x00\x10"
_EPOCH_2000: Final = 946_684_800
_DAY_2000: Final = date(2000, 1, 1).toordinal()


class BinaryArray:
    """An array in Postgres' binary format; subclasses carry its type."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data


class _BinaryArrayDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: BinaryArray) -> bytes:
        return obj.data


class _Kind(NamedTuple):
    """How values of a Python type become elements: Postgres' element type, the array's class, the encoder."""

    element_oid: int
    array: type[BinaryArray]
    encode: Callable[[Any], bytes]


def _kind(name: str, element_oid: int, array_oid: int, encode: Callable[[Any], bytes]) -> _Kind:
    array = type(f"{name}Array", (BinaryArray,), {"__slots__": ()})
    dumper = type(f"{name}ArrayDumper", (_BinaryArrayDumper,), {"oid": array_oid})
    psycopg.adapters.register_dumper(array, dumper)
    return _Kind(element_oid, array, encode)


def _text(value: str) -> bytes:
    data = value.encode()
    return _LENGTH.pack(len(data)) + data


def _bytea(value: bytes) -> bytes:
    return _LENGTH.pack(len(value)) + value


def _timestamptz(value: datetime) -> bytes:
    # Microseconds since 2000; a double holds those of our centuries exactly enough to round.
    return _LONG.pack(8, round((value.timestamp() - _EPOCH_2000) * 1_000_000))


def _date(value: date) -> bytes:
    return _INT.pack(4, value.toordinal() - _DAY_2000)


_KINDS: Final[dict[type, _Kind]] = {
    UUID: _kind("Uuid", 2950, 2951, lambda value: _UUID_HEAD + value.bytes),
    str: _kind("Text", 25, 1009, _text),
    bytes: _kind("Bytea", 17, 1001, _bytea),
    bool: _kind("Bool", 16, 1000, lambda value: _TRUE if value else _FALSE),
    int: _kind("Bigint", 20, 1016, lambda value: _LONG.pack(8, value)),
    float: _kind("Double", 701, 1022, lambda value: _DOUBLE.pack(8, value)),
    datetime: _kind("Timestamptz", 1184, 1185, _timestamptz),
    date: _kind("Date", 1082, 1182, _date),
}


def arrays(row_type: type[tuple[Any, ...]], rows: Iterable[Sequence[Any]]) -> dict[str, BinaryArray]:
    """Rows as one array per column, named by the fields of `row_type`, a NamedTuple with annotated fields.

    Integers become bigint[]; the statement casts where the column is narrower.
    """
    columns = list(zip(*rows, strict=True))
    kinds = _kinds_of(row_type)
    if not columns:
        return {name: _array(kind, ()) for name, kind in kinds}
    return {name: _array(kind, column) for (name, kind), column in zip(kinds, columns, strict=True)}


def array(type_: type, values: Sequence[Any]) -> BinaryArray:
    """One column: values of a Python type, or None. Integers become bigint[], floats double precision[]."""
    return _array(_KINDS[type_], values)


@cache
def _kinds_of(row_type: type[tuple[Any, ...]]) -> list[tuple[str, _Kind]]:
    return [(name, _KINDS[_plain(hint)]) for name, hint in get_type_hints(row_type).items()]


def _plain(hint: Any) -> type:
    """The type behind `T` or `T | None`."""
    options = [option for option in get_args(hint) if option is not NoneType]
    return options[0] if options else hint


def _array(kind: _Kind, values: Sequence[Any]) -> BinaryArray:
    if values and values[0] is not None and all(value is values[0] for value in values):
        elements = [kind.encode(values[0])] * len(values)
        has_null = 0
    else:
        encode = kind.encode
        elements = [_NULL if value is None else encode(value) for value in values]
        has_null = 1 if any(value is None for value in values) else 0
    head = _HEAD.pack(1, has_null, kind.element_oid, len(elements), 1)
    return kind.array(head + b"".join(elements))
