"""Binary arrays come out of Postgres as they went in."""

from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import UUID, uuid4

import psycopg

from evosense.db.arrays import array, arrays


class Row(NamedTuple):
    id: UUID
    text: str | None
    data: bytes | None
    flag: bool
    number: int | None
    share: float | None
    at: datetime | None
    day: date


_ECHO = """
select w.* from unnest(%(id)s::uuid[], %(text)s::text[], %(data)s::bytea[], %(flag)s::boolean[], %(number)s::bigint[],
                       %(share)s::float8[], %(at)s::timestamptz[], %(day)s::date[]) as w
"""


def test_every_type_and_null_survive(schema_url: str) -> None:
    rows = [
        Row(
            uuid4(),
            "ção 👍 \\ \" '",
            b"\x00\xff",
            True,
            -(2**63),
            0.1,
            datetime(2026, 11, 20, 23, 10, 0, 123456, UTC),
            date(2026, 1, 2),
        ),
        Row(uuid4(), None, None, False, None, None, None, date(1999, 12, 31)),
        Row(uuid4(), "", b"", True, 2**63 - 1, float("-inf"), datetime(1999, 1, 1, 0, 0, 0, 1, UTC), date(2000, 1, 1)),
    ]
    with psycopg.connect(schema_url, options="-c timezone=UTC") as connection:
        assert [Row(*row) for row in connection.execute(_ECHO, arrays(Row, rows)).fetchall()] == rows
        assert connection.execute(_ECHO, arrays(Row, [])).fetchall() == []


def test_one_column_by_itself(schema_url: str) -> None:
    columns: list[tuple[str, type, list[object]]] = [
        ("text", str, ["igual"] * 3),
        ("uuid", UUID, [None, None]),
        ("smallint", int, [1, None, -1]),
        ("numeric", float, [0.4, -0.07]),
        ("bytea", bytes, []),
    ]
    with psycopg.connect(schema_url) as connection:
        for name, type_, values in columns:
            row = connection.execute(f"select %s::{name}[]".encode(), (array(type_, values),)).fetchone()
            assert row is not None
            assert [None if v is None else type_(v) for v in row[0]] == values
