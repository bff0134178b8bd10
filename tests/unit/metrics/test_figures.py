"""Arithmetic of figures, and the registry that describes them."""

from dataclasses import fields
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from evosense.metrics.figures import percentile, stretches, sum_messages
from evosense.metrics.models import ConversationFigures, InferenceFigures, Kpis, MessageFigures, ratio
from evosense.metrics.page import metrics_page
from evosense.metrics.registry import METRICS

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("values", "fraction", "expected"),
    [
        ([], 0.5, None),
        ([7], 0.9, 7),
        ([10, 20], 0.5, 15),
        ([1, 2], 0.5, 2),  # 1.5, rounded to even as Postgres rounds doubles
        ([2, 3], 0.5, 2),  # 2.5
        ([30, 10, 20], 0.5, 20),
        (list(range(0, 101)), 0.95, 95),
    ],
)
def test_percentiles_interpolate(values, fraction, expected):
    assert percentile(values, fraction) == expected


def test_a_ratio_without_a_denominator_is_unknown():
    assert ratio(3, 0) is None
    assert ratio(2, 3) == Decimal("0.666667")
    assert ratio(-1, 2_000_000) == Decimal("-0.000001")  # half away from zero, as numerics round


def test_days_fall_into_stretches():
    days = [date(2026, 1, 2), date(2026, 1, 1), date(2026, 2, 28), date(2026, 3, 1), date(2026, 5, 1)]
    assert stretches(days) == [
        (date(2026, 1, 1), date(2026, 1, 2)),
        (date(2026, 2, 28), date(2026, 3, 1)),
        (date(2026, 5, 1), date(2026, 5, 1)),
    ]
    assert stretches([]) == []


def test_days_add_up_to_a_period():
    days = [
        MessageFigures(scored=2, eligible=4, sentiment_sum=Decimal("0.5"), positive=2, prompt_hashes=("p1:b", "p1:a")),
        MessageFigures(scored=1, eligible=1, sentiment_sum=Decimal("-0.2"), negative=1, prompt_hashes=("p1:a",)),
    ]
    total = sum_messages(days)
    assert (total.scored, total.coverage, total.sentiment_mean) == (3, Decimal("0.6"), Decimal("0.1"))
    assert total.net_sentiment == ratio(100, 3)
    assert total.prompt_hashes == ("p1:a", "p1:b")
    assert sum_messages([]) == MessageFigures()


def test_every_metric_of_nothing_is_zero_or_unknown():
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        assert metric.value(Kpis()) in (0, None)
        assert metric.n(Kpis()) == 0


def test_every_metric_is_a_column_or_a_property_of_the_figures():
    known = {
        name
        for kind in (MessageFigures, InferenceFigures, ConversationFigures)
        for name in [field.name for field in fields(kind)]
        + [n for n, v in vars(kind).items() if isinstance(v, property)]
    }
    assert {metric.name for metric in METRICS} <= known


def test_the_page_is_made_from_the_registry():
    assert (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8") == metrics_page()
