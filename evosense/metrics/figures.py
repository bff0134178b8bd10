"""Figures out of rows: of conversations, of days, of a period."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any, TypeVar

from evosense.metrics.models import (
    Begun,
    ConversationFigures,
    DaySaid,
    HourSaid,
    InferenceFigures,
    Kpis,
    MessageFigures,
)

_DECIMALS = frozenset({"sentiment_sum", "sentiment_square_sum"})
_SUMS = tuple(field.name for field in fields(MessageFigures) if field.name not in ("prompt_hashes", "config_hashes"))
_sums_of = attrgetter(*_SUMS)  # of a cell there are thousands of rows
_Figures = TypeVar("_Figures", MessageFigures, InferenceFigures, ConversationFigures)


def percentile(values: Sequence[int], fraction: float) -> int | None:
    """The percentile by linear interpolation, rounded to a whole number as `round(percentile_cont(…))` does.

    Source: PostgreSQL, percentile_cont (orderedsetaggs.c). `values` need not be sorted; None when there are none.
    """
    if not values:
        return None
    ordered = sorted(values)
    place = fraction * (len(ordered) - 1)
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return round(low + (place - math.floor(place)) * (high - low))


def figures_of(begun: Iterable[Begun]) -> ConversationFigures:
    """The figures of these conversations together."""
    known = list(begun)
    responses = sorted(value for item in known for value in item.responses)
    waits = sorted(value for item in known for value in item.waits)
    return ConversationFigures(
        conversations=sum(item.conversations for item in known),
        conversations_by_customer=sum(item.by_customer for item in known),
        unanswered=sum(item.unanswered for item in known),
        answered=len(responses),
        first_response_sum_ms=sum(responses),
        first_response_p50_ms=percentile(responses, 0.5),
        first_response_p90_ms=percentile(responses, 0.9),
        first_response_p95_ms=percentile(responses, 0.95),
        turns=len(waits),
        turn_wait_sum_ms=sum(waits),
        turn_wait_p50_ms=percentile(waits, 0.5),
        turn_wait_p90_ms=percentile(waits, 0.9),
        turn_wait_p95_ms=percentile(waits, 0.95),
    )


def add_frozen(known: ConversationFigures, frozen: Sequence[ConversationFigures]) -> ConversationFigures:
    """The figures with those of frozen days, whose conversations are gone: counts and sums add up.

    Percentiles don't: they are those of the conversations that are known, or of the one frozen day if there are none.
    """
    if not frozen:
        return known
    if len(frozen) == 1 and not known.conversations:
        return frozen[0]
    parts = (known, *frozen)
    sums = {
        field.name: sum(getattr(part, field.name) for part in parts)
        for field in fields(ConversationFigures)
        if "_p" not in field.name
    }
    return replace(known, **sums)


def read_figures(kind: type[_Figures], row: Mapping[str, Any]) -> _Figures:
    """The figures of one kind out of a row that has a column for each of them."""
    values = {field.name: row[field.name] for field in fields(kind)}
    for name, value in values.items():
        if isinstance(value, list):
            values[name] = tuple(value)
        elif isinstance(value, Decimal) and name not in _DECIMALS:
            values[name] = int(value)  # Postgres sums bigints as numeric
    return kind(**values)


def sum_messages(days: Iterable[MessageFigures]) -> MessageFigures:
    """The message figures of a period out of those of its days."""
    known = list(days)
    if not known:
        return MessageFigures()
    sums: dict[str, Any] = dict(zip(_SUMS, map(sum, zip(*map(_sums_of, known), strict=True)), strict=True))
    prompts = {name for day in known for name in day.prompt_hashes}
    configs = {name for day in known for name in day.config_hashes}
    return MessageFigures(**sums, prompt_hashes=tuple(sorted(prompts)), config_hashes=tuple(sorted(configs)))


def sum_inferences(
    days: Iterable[InferenceFigures], *, latency_p50_ms: int | None, latency_p95_ms: int | None
) -> InferenceFigures:
    """The inference figures of a period; percentiles don't add up, so they come with it."""
    known = list(days)
    return InferenceFigures(
        inferences=sum(day.inferences for day in known),
        inferences_failed=sum(day.inferences_failed for day in known),
        latency_sum_ms=sum(day.latency_sum_ms for day in known),
        latency_p50_ms=latency_p50_ms,
        latency_p95_ms=latency_p95_ms,
        cost_micros=sum(day.cost_micros for day in known),
    )


def stretches(days: Iterable[date]) -> list[tuple[date, date]]:
    """The days as stretches (first, last) without a hole, in order: each is one range of an index."""
    found: list[tuple[date, date]] = []
    for day in sorted(days):
        if found and day - found[-1][1] <= timedelta(days=1):
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def day_said(row: Mapping[str, Any]) -> DaySaid:
    """A day out of a row of fct_daily_kpis."""
    return DaySaid(row["local_day"], row["active_contacts"], read_figures(MessageFigures, row))


def hour_said(row: Mapping[str, Any]) -> HourSaid:
    """An hour out of a row of fct_hourly_kpis."""
    return HourSaid(row["local_day"], row["local_hour"], row["connection_id"], read_figures(MessageFigures, row))


def read_kpis(row: Mapping[str, Any]) -> Kpis:
    """All figures out of a row of the warehouse."""
    return Kpis(
        messages=read_figures(MessageFigures, row),
        inferences=read_figures(InferenceFigures, row),
        conversations=read_figures(ConversationFigures, row),
    )
