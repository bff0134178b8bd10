"""docs/metrics.md, made from the registry: `python -m evosense.metrics.page > docs/metrics.md`."""

from __future__ import annotations

import sys

from evosense.metrics.registry import METRICS
from evosense.metrics.reports import REPORTED

_HEAD = """# Metrics

Made from `evosense/metrics/registry.py` by `python -m evosense.metrics.page`; edit there.

Every metric is for a tenant and a local day, or a period of local days, in the tenant's own timezone. A value is null
where nothing is known. Where n is below the minimum, a screen says so instead of comparing. Intervals are 95 %:
Wilson's for shares, Student's t for means of scores, the bootstrap for means of waits, order statistics for
percentiles; a plain count has none. `GET /api/metrics` answers this table, `GET /api/tenants/{id}/explain` the ids
behind any of its numbers.

| metric | label | unit | grain | definition | n | minimum n | interval | better | SQL |
|---|---|---|---|---|---|---|---|---|---|
"""

_REPORTS = """
## Figures of reports

Made from `evosense/metrics/reports.py`. Endpoints are below `/api/tenants/{id}` unless they are whole.

| figure | label | unit | grain | definition | n | minimum n | endpoint | SQL |
|---|---|---|---|---|---|---|---|---|
"""


def metrics_page() -> str:
    """The page as Markdown."""
    rows = (
        f"| {m.name} | {m.label} | {m.unit} | {m.grain} | {m.definition} | {m.n_of} | {m.minimum_n} | {m.interval}"
        f" | {m.better} | {m.source} |\n"
        for m in METRICS
    )
    reported = (
        f"| {r.name} | {r.label} | {r.unit} | {r.grain} | {r.definition} | {r.n_of} | {r.minimum_n} | {r.endpoint} |"
        f" {r.source} |\n"
        for r in REPORTED
    )
    return _HEAD + "".join(rows) + _REPORTS + "".join(reported)


if __name__ == "__main__":
    sys.stdout.write(metrics_page())
