"""Metrics over time and by hour of the week, each cell with its evidence, lineage and gaps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection

from evosense.metrics.begun import begun
from evosense.metrics.evidence import Evidence, Value, value_of
from evosense.metrics.gaps import hours_with_gaps
from evosense.metrics.latency import answer_rows, answered_of
from evosense.metrics.metric import CONVERSATIONS, INFERENCES, Metric
from evosense.metrics.models import Begun, ConversationFigures, DaySaid, HourSaid, InferenceFigures
from evosense.metrics.repository import frozen_conversations
from evosense.metrics.said import days_said, hours_said, message_figures
from evosense.metrics.stitch import Seam

Grain = Literal["hour", "day", "week", "month"]
Key = tuple[date, int | None]


@dataclass(frozen=True, slots=True)
class Cell:
    """One stretch of time (or hour of the week) with the metrics asked for.

    Attributes:
        day: Its first local day; of a heat-map cell, None.
        hour: Its local hour, None where the grain is a day or more.
        values: By the metric's name.
        coverage: Scored ÷ eligible customer messages, None without any.
        prompt_hashes: The prompts behind its scores.
        config_hashes: The models behind its scores.
        is_open: It holds today, or a day that the warehouse has not caught up with.
        has_gap: A connection may have missed messages in it, and what was missed has not come back.
    """

    day: date | None
    hour: int | None
    values: dict[str, Value]
    coverage: float | None
    prompt_hashes: tuple[str, ...]
    config_hashes: tuple[str, ...]
    is_open: bool
    has_gap: bool
    weekday: int | None = None


async def series(
    connection: AsyncConnection[Any],
    seam: Seam,
    metrics: Sequence[Metric],
    grain: Grain,
    connection_id: UUID | None = None,
) -> list[Cell]:
    """The metrics for each hour, day, ISO week or month of the period, those without anything included.

    Metrics of models' answers know no hour and no connection: their values are None there.
    """
    bucket = _BUCKETS[grain]
    holes = {bucket(day, hour) for day, hour in await hours_with_gaps(connection, seam, connection_id)}
    if grain == "day" and connection_id is None:
        cells = await _day_cells(connection, seam, metrics)
    else:
        cells = await _cells(connection, seam, metrics, grain, seam.days, connection_id)
    return [replace(cell, has_gap=True) if (cell.day, cell.hour) in holes else cell for cell in cells]


async def _day_cells(connection: AsyncConnection[Any], seam: Seam, metrics: Sequence[Metric]) -> list[Cell]:
    """The cells of the seam's days; those of settled days are kept."""
    # What models answered is right a little later than the marks say.
    if seam.memory is None or any(metric.source == INFERENCES for metric in metrics):
        return await _cells(connection, seam, metrics, "day", seam.days)

    async def find(days: Sequence[date]) -> dict[date, list[Cell]]:
        cells = await _cells(connection, seam, metrics, "day", days)
        return {day: [cell] for day, cell in zip(days, cells, strict=True)}

    key = (seam.tenant_id, "day cells", *(metric.name for metric in metrics))
    settled = seam.settled_days
    kept = await seam.memory.parts(key, dict.fromkeys(settled, seam.version.of_marts), find)
    moving = seam.moving_days
    found = dict(zip(settled, kept, strict=True))
    found |= dict(zip(moving, await _cells(connection, seam, metrics, "day", moving), strict=True))
    return [found[day] for day in seam.days]


async def _cells(
    connection: AsyncConnection[Any],
    seam: Seam,
    metrics: Sequence[Metric],
    grain: Grain,
    days: Sequence[date],
    connection_id: UUID | None = None,
) -> list[Cell]:
    """The cells that these days of the seam are in, gaps not looked at."""
    bucket = _BUCKETS[grain]
    wanted = set(days)
    if grain != "hour" and connection_id is None:
        rows = await days_said(connection, seam)
        said = _pile((row for row in rows if row.local_day in wanted), lambda row: bucket(row.local_day, 0))
    else:
        hours = await hours_said(connection, seam, connection_id)
        said = _pile(hours, lambda row: bucket(row.local_day, row.local_hour))
    started: dict[Any, list[Begun]] = {}
    frozen: dict[Any, list[ConversationFigures]] = {}
    if any(metric.source == CONVERSATIONS for metric in metrics):
        found = await begun(connection, seam, connection_id, days)
        if grain != "hour" and connection_id is None:
            found = [item for item in found if item.local_day not in seam.frozen_days]
            kept = await frozen_conversations(connection, seam)
            frozen = {key: [kept[day] for day in lost] for key, lost in _pile(kept, lambda day: bucket(day, 0)).items()}
        started = _pile(found, lambda item: bucket(item.local_day, item.local_hour))
    answered: dict[Any, InferenceFigures] = {}
    if grain != "hour" and connection_id is None and any(metric.source == INFERENCES for metric in metrics):
        answered = await _answered(connection, seam, bucket)
    open_keys = {bucket(day, hour) for day in {*seam.open_days, seam.today} for hour in range(24)}
    return [
        _cell(
            metrics,
            key,
            said.get(key, []),
            started.get(key, []),
            answered.get(key),
            frozen.get(key, ()),
            is_open=key in open_keys,
        )
        for key in dict.fromkeys(bucket(day, hour) for day in days for hour in range(24))
    ]


async def heatmap(
    connection: AsyncConnection[Any], seam: Seam, metric: Metric, connection_id: UUID | None = None
) -> list[Cell]:
    """The metric for each hour of the week (ISO weekday 1 to 7, hour 0 to 23) over the whole period."""

    def place(day: date, hour: int) -> tuple[int, int]:
        return day.isoweekday(), hour

    hours = _pile(await hours_said(connection, seam, connection_id), lambda row: place(row.local_day, row.local_hour))
    found: list[Begun] = []
    if metric.source == CONVERSATIONS:
        found = await begun(connection, seam, connection_id)
    started = _pile(found, lambda item: place(item.local_day, item.local_hour))
    holes = {place(day, hour) for day, hour in await hours_with_gaps(connection, seam, connection_id)}
    return [
        _cell(
            [metric],
            (None, hour),
            hours.get((weekday, hour), []),
            started.get((weekday, hour), []),
            None,
            is_open=False,
            has_gap=(weekday, hour) in holes,
            weekday=weekday,
        )
        for weekday in range(1, 8)
        for hour in range(24)
    ]


async def _answered(
    connection: AsyncConnection[Any], seam: Seam, bucket: Callable[[date, int], Key]
) -> dict[Any, InferenceFigures]:
    found = [row for row in await answer_rows(connection, seam) if row["purpose"] == "prod"]
    return {key: answered_of(rows) for key, rows in _pile(found, lambda row: bucket(row["local_day"], 0)).items()}


def _cell(
    metrics: Sequence[Metric],
    key: tuple[date | None, int | None],
    hours: Sequence[DaySaid | HourSaid],
    started: Sequence[Begun],
    answered: InferenceFigures | None,
    frozen: Sequence[ConversationFigures] = (),
    *,
    is_open: bool,
    has_gap: bool = False,
    weekday: int | None = None,
) -> Cell:
    messages = message_figures(hours)
    evidence = Evidence.of(messages, started, answered, frozen)
    coverage = messages.coverage
    return Cell(
        day=key[0],
        hour=key[1],
        values={metric.name: value_of(metric, evidence) for metric in metrics},
        coverage=None if coverage is None else float(coverage),
        prompt_hashes=messages.prompt_hashes,
        config_hashes=messages.config_hashes,
        is_open=is_open,
        has_gap=has_gap,
        weekday=weekday,
    )


def _pile(found: Iterable[Any], key: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    piles: dict[Any, list[Any]] = defaultdict(list)
    for item in found:
        piles[key(item)].append(item)
    return piles


def _hour(day: date, hour: int) -> Key:
    return day, hour


def _day(day: date, _: int) -> Key:
    return day, None


def _week(day: date, _: int) -> Key:
    return day - timedelta(days=day.weekday()), None


def _month(day: date, _: int) -> Key:
    return day.replace(day=1), None


_BUCKETS: dict[Grain, Callable[[date, int], Key]] = {"hour": _hour, "day": _day, "week": _week, "month": _month}
