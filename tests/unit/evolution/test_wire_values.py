"""Three renderings of bytes and of 64-bit integers, and times."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evosense.evolution.wire_values import as_bytes, as_instant, as_int, as_text


def test_the_captured_negative_low_word() -> None:
    assert as_int({"low": -80129605, "high": 417, "unsigned": False}) == 1795216200123


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_longs_in_every_rendering(number: int) -> None:
    low = (number + 2**31) % 2**32 - 2**31
    assert as_int({"low": low, "high": number >> 32, "unsigned": False}) == number
    assert as_int(str(number)) == number
    assert as_int(number) == number


@given(st.binary(min_size=1, max_size=64))
def test_bytes_in_every_rendering(data: bytes) -> None:
    renderings: list[Any] = [
        data,
        base64.b64encode(data).decode(),
        {str(index): value for index, value in enumerate(data)},
        {"type": "Buffer", "data": list(data)},
        {"$bytes_b64": base64.b64encode(data).decode()},
    ]
    assert [as_bytes(rendering) for rendering in renderings] == [data] * len(renderings)


@pytest.mark.parametrize("value", [None, True, "x", "", 1.5, {}, {"low": "1"}, [], float("inf"), "-"])
def test_what_is_no_integer_is_none(value: Any) -> None:
    assert as_int(value) is None


@pytest.mark.parametrize("value", [None, 5, "não", {"0": 300}, {"1": 1}, {"type": "Buffer"}, []])
def test_what_is_no_bytes_is_none(value: Any) -> None:
    assert as_bytes(value) is None


def test_nul_is_removed_because_postgres_cannot_hold_it() -> None:
    assert as_text("a\x00b") == "ab"
    assert as_text("\x00") is None


@pytest.mark.parametrize("value", [1795216200, "1795216200", {"low": 1795216200, "high": 0}, 1795216200000])
def test_instants(value: Any) -> None:
    assert as_instant(value) == datetime(2026, 11, 20, 23, 10, tzinfo=UTC)


@pytest.mark.parametrize("value", [0, -5, None, 10**30, "99999999999999999999"])
def test_impossible_times_are_none(value: Any) -> None:
    assert as_instant(value) is None
