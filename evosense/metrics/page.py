"""docs/metrics.md, made from the registry: `python -m evosense.metrics.page > docs/metrics.md`."""

from __future__ import annotations

import sys

from evosense.metrics.registry import METRICS

_HEAD = """# Metrics

Made from `evosense/metrics/registry.py` by `python -m evosense.metrics.page`; edit there.

Every metric is for a tenant and a local day, or a period of local days, in the tenant's own timezone. A value is null
where nothing is known. Where n is below the minimum, a screen says so instead of comparing.

| metric | label | unit | definition | n | minimum n | better |
|---|---|---|---|---|---|---|
"""


def metrics_page() -> str:
    """The page as Markdown."""
    rows = (
        f"| {m.name} | {m.label} | {m.unit} | {m.definition} | {m.n_of} | {m.minimum_n} | {m.better} |\n"
        for m in METRICS
    )
    return _HEAD + "".join(rows)


if __name__ == "__main__":
    sys.stdout.write(metrics_page())
