"""Rows as CSV, JSON or Parquet, a chunk of bytes at a time.

CSV is RFC 4180 with a byte order mark, so that spreadsheets read accents; a text that a spreadsheet would take for a
formula gets an apostrophe in front (OWASP, CSV injection). JSON is one array with one object a line.
"""

from __future__ import annotations

import csv
import io
from typing import Any, Final, Protocol

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from evosense.exports.datasets import Rows
from evosense.exports.models import Format

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BOM: Final = "\ufeff"


class Writer(Protocol):
    """Turns batches of rows into bytes."""

    def rows(self, rows: Rows) -> bytes:
        """The bytes of some more rows, with what goes before the first ones."""
        ...

    def end(self) -> bytes:
        """What goes after the last row."""
        ...


def writer(format: Format, schema: Any) -> Writer:
    """The writer of a format."""
    return {"csv": CsvWriter, "json": JsonWriter, "parquet": ParquetWriter}[format](schema)


def formula_safe(value: Any) -> Any:
    """`value`, with an apostrophe before a text that begins like a formula; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


class CsvWriter:
    """Comma-separated, with a header."""

    def __init__(self, schema: Any) -> None:
        self._buffer = io.StringIO(newline="")
        self._csv = csv.writer(self._buffer)
        self._buffer.write(_BOM)
        self._csv.writerow(schema.names)

    def rows(self, rows: Rows) -> bytes:
        """See `Writer`."""
        self._csv.writerows([_csv_cell(value) for value in row] for row in rows)
        return self._take()

    def end(self) -> bytes:
        """See `Writer`."""
        return self._take()

    def _take(self) -> bytes:
        text = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        return text.encode()


def _csv_cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return formula_safe(value)


class JsonWriter:
    """One array of objects."""

    def __init__(self, schema: Any) -> None:
        self._names = schema.names
        self._is_first = True

    def rows(self, rows: Rows) -> bytes:
        """See `Writer`."""
        head = b"[\n" if self._is_first else b",\n"
        self._is_first = False
        return head + b",\n".join(orjson.dumps(dict(zip(self._names, row, strict=True))) for row in rows)

    def end(self) -> bytes:
        """See `Writer`."""
        return b"[]\n" if self._is_first else b"\n]\n"


class ParquetWriter:
    """Parquet, one row group a batch, zstd."""

    def __init__(self, schema: Any) -> None:
        self._schema = schema
        self._sink = _Sink()
        self._parquet = pq.ParquetWriter(self._sink, schema, compression="zstd")

    def rows(self, rows: Rows) -> bytes:
        """See `Writer`."""
        columns = zip(*rows, strict=True)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, self._schema, strict=True)]
        self._parquet.write_batch(pa.record_batch(arrays, schema=self._schema))
        return self._sink.take()

    def end(self) -> bytes:
        """See `Writer`."""
        self._parquet.close()
        return self._sink.take()


class _Sink(io.RawIOBase):
    """A file that only grows, whose bytes are taken away as they come."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._position += len(part)
        return len(part)

    def tell(self) -> int:
        return self._position

    def take(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data
