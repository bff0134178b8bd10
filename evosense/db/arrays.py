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
from itertools import repeat
from operator import is_
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
    encode: Callable[[Sequence[Any]], list[bytes]]


def _kind(name: str, element_oid: int, array_oid: int, encode: Callable[[Sequence[Any]], list[bytes]]) -> _Kind:
    array = type(f"{name}Array", (BinaryArray,), {"__slots__": ()})
    dumper = type(f"{name}ArrayDumper", (_BinaryArrayDumper,), {"oid": array_oid})
    psycopg.adapters.register_dumper(array, dumper)
    return _Kind(element_oid, array, encode)


# Whole columns, because a call for each value would cost more than what it does.


def _uuids(values: Sequence[UUID]) -> list[bytes]:
    return [_UUID_HEAD + value.int.to_bytes(16, "big") for value in values]


def _texts(values: Sequence[str]) -> list[bytes]:
    return _byteas([value.encode() for value in values])


def _byteas(values: Sequence[bytes]) -> list[bytes]:
    pack = _LENGTH.pack
    return [pack(len(value)) + value for value in values]


def _bools(values: Sequence[bool]) -> list[bytes]:
    return [_TRUE if value else _FALSE for value in values]


def _bigints(values: Sequence[int]) -> list[bytes]:
    pack = _LONG.pack
    return [pack(8, value) for value in values]


def _doubles(values: Sequence[float]) -> list[bytes]:
    pack = _DOUBLE.pack
    return [pack(8, value) for value in values]


def _timestamptzs(values: Sequence[datetime]) -> list[bytes]:
    # Microseconds since 2000; a double holds those of our centuries exactly enough to round.
    pack = _LONG.pack
    return [pack(8, round((value.timestamp() - _EPOCH_2000) * 1_000_000)) for value in values]


def _dates(values: Sequence[date]) -> list[bytes]:
    pack = _INT.pack
    return [pack(4, value.toordinal() - _DAY_2000) for value in values]


_KINDS: Final[dict[type, _Kind]] = {
    UUID: _kind("Uuid", 2950, 2951, _uuids),
    str: _kind("Text", 25, 1009, _texts),
    bytes: _kind("Bytea", 17, 1001, _byteas),
    bool: _kind("Bool", 16, 1000, _bools),
    int: _kind("Bigint", 20, 1016, _bigints),
    float: _kind("Double", 701, 1022, _doubles),
    datetime: _kind("Timestamptz", 1184, 1185, _timestamptzs),
    date: _kind("Date", 1082, 1182, _dates),
}


class _Column(NamedTuple):
    """A field of a row type. One that is not nullable is not searched for None."""

    name: str
    kind: _Kind
    nullable: bool


def arrays(row_type: type[tuple[Any, ...]], rows: Iterable[Sequence[Any]]) -> dict[str, BinaryArray]:
    """Rows as one array per column, named by the fields of `row_type`, a NamedTuple with annotated fields.

    Integers become bigint[]; the statement casts where the column is narrower.
    """
    values = list(zip(*rows, strict=True))
    columns = _columns_of(row_type)
    if not values:
        return {column.name: _array(column, ()) for column in columns}
    return {column.name: _array(column, some) for column, some in zip(columns, values, strict=True)}


def array(type_: type, values: Sequence[Any]) -> BinaryArray:
    """One column: values of a Python type, or None. Integers become bigint[], floats double precision[]."""
    return _array(_Column("", _KINDS[type_], nullable=True), values)


@cache
def _columns_of(row_type: type[tuple[Any, ...]]) -> list[_Column]:
    return [
        _Column(name, _KINDS[_plain(hint)], NoneType in get_args(hint))
        for name, hint in get_type_hints(row_type).items()
    ]


def _plain(hint: Any) -> type:
    """The type behind `T` or `T | None`."""
    options = [option for option in get_args(hint) if option is not NoneType]
    return options[0] if options else hint


def _array(column: _Column, values: Sequence[Any]) -> BinaryArray:
    kind = column.kind
    # One tenant, one model: whole columns say the same.
    is_uniform = bool(values) and all(map(is_, values, repeat(values[0])))
    told = values[:1] if is_uniform else values
    has_null = column.nullable and NoneType in map(type, told)
    elements = _with_nulls(kind, told) if has_null else kind.encode(told)
    if is_uniform:
        elements *= len(values)
    head = _HEAD.pack(1, has_null, kind.element_oid, len(elements), 1)
    return kind.array(head + b"".join(elements))


def _with_nulls(kind: _Kind, values: Sequence[Any]) -> list[bytes]:
    known = iter(kind.encode([value for value in values if value is not None]))
    return [_NULL if value is None else next(known) for value in values]
