"""The dashboard has words of its own for every metric of the registry: a new one needs a line in each language."""

from __future__ import annotations

import re

import pytest

from evosense.metrics.registry import METRICS
from serving.spa import DASHBOARD

TEXT = DASHBOARD.parent / "src" / "lib" / "text"


def listed(language: str, name: str) -> dict[str, str]:
    """The words of `export const <name>` by metric; those that begin on a line of their own are empty here."""
    words = (TEXT / f"{language}-metrics.ts").read_text(encoding="utf-8")
    [block] = re.findall(rf"^export const {name}\b.*?^\}}", words, re.MULTILINE | re.DOTALL)
    return dict(re.findall(r'^  (\w+):(?: "(.*)",)?', block, re.MULTILINE))


@pytest.mark.parametrize("language", ["pt", "en"])
def test_every_metric_has_a_name_and_is_explained(language: str):
    names = [metric.name for metric in METRICS]
    assert list(listed(language, "definitions")) == names
    assert list(listed(language, "labels")) == names


def test_portuguese_calls_metrics_what_the_api_calls_them():
    assert listed("pt", "labels") == {metric.name: metric.label for metric in METRICS}
