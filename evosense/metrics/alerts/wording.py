"""An alert in a line of Portuguese, with figures much as the dashboard writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from evosense.metrics.alerts.report import Told
from evosense.metrics.metric import Unit

_SIDES = {"high": "acima", "low": "abaixo"}
_TO_BRAZIL = str.maketrans(",.-", ".,−")


def line(told: Told) -> str:
    """Which metric, its value, and what that is above or below."""
    alert = told.alert
    unit, side = alert.metric.unit, _SIDES[alert.side]
    here = f"{alert.metric.label}: {figure(alert.value, unit)}"
    if told.rule is not None:
        limit = alert.high if alert.side == "high" else alert.low
        return f"{here} ({side} do limite de {figure(limit, unit)})"
    return f"{here} ({side} do normal: {figure(alert.low, unit)} a {figure(alert.high, unit)})"


def figure(value: float | None, unit: Unit) -> str:
    """A value with its unit, as Brazilians write it."""
    return "–" if value is None else _FIGURES[unit](value)


def _number(value: float, decimals: int, sign: Literal["", "+"] = "") -> str:
    return f"{value:{sign},.{decimals}f}".translate(_TO_BRAZIL)


def _duration(seconds: float) -> str:
    if seconds < 1:
        return f"{_number(1000 * seconds, 0)} ms"
    if seconds < 60:
        return f"{_number(seconds, 0)} s"
    if seconds < 3600:
        return f"{_number(seconds / 60, 1)} min"
    if seconds < 172_800:
        return f"{_number(seconds / 3600, 1)} h"
    return f"{_number(seconds / 86_400, 1)} d"


_FIGURES: Mapping[Unit, Callable[[float], str]] = {
    "count": lambda value: _number(value, 0),
    "percent": lambda value: f"{_number(value, 1)}%",
    "share": lambda value: f"{_number(100 * value, 1)}%",
    "score": lambda value: _number(value, 2, sign="+"),
    "points": lambda value: f"{_number(value, 1, sign='+')} pontos",
    "milliseconds": lambda value: _duration(value / 1000),
    "micro_usd": lambda value: f"US$ {_number(value / 1e6, 2)}",
}
