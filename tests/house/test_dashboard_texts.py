"""The dashboard has words of its own for every metric of the registry: a new one needs a line there."""

from __future__ import annotations

import re

from evosense.metrics.registry import METRICS
from serving.spa import DASHBOARD


def test_every_metric_is_explained_in_the_dashboards_language():
    words = (DASHBOARD.parent / "src" / "lib" / "text" / "pt-metrics.ts").read_text(encoding="utf-8")
    assert re.findall(r"^  (\w+):", words, re.MULTILINE) == [metric.name for metric in METRICS]
