"""Figures of alerts as Brazilians write them."""

from __future__ import annotations

from typing import get_args

import pytest

from evosense.metrics.alerts.wording import figure
from evosense.metrics.metric import Unit


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (12_345, "count", "12.345"),
        (25, "percent", "25,0%"),
        (0.905, "share", "90,5%"),
        (-0.25, "score", "−0,25"),
        (12.5, "points", "+12,5 pontos"),
        (350, "milliseconds", "350 ms"),
        (42_000, "milliseconds", "42 s"),
        (126_000, "milliseconds", "2,1 min"),
        (7_200_000, "milliseconds", "2,0 h"),
        (200_000_000, "milliseconds", "2,3 d"),
        (1_234_500, "micro_usd", "US$ 1,23"),
        (None, "count", "–"),
    ],
)
def test_a_figure_reads_as_people_write_it(value, unit, text):
    assert figure(value, unit) == text


def test_every_unit_has_its_figures():
    assert all(figure(1.0, unit) for unit in get_args(Unit))
