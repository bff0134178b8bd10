"""Metrics by the names that callers write."""

from __future__ import annotations

from evosense.errors import InvalidInput
from evosense.metrics.metric import Metric
from evosense.metrics.registry import BY_NAME


def metric_named(name: str) -> Metric:
    """The metric of the registry. Raises InvalidInput."""
    if name not in BY_NAME:
        message = f"There is no such metric; GET /api/metrics lists them: {', '.join(BY_NAME)}"
        raise InvalidInput(message)
    return BY_NAME[name]
