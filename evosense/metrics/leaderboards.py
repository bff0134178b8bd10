"""Connections, and authors where they are known, ranked by the bound of their interval: one of one never leads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.named_queries import load
from evosense.errors import InvalidInput
from evosense.metrics.begun import begun
from evosense.metrics.evidence import INTERVALS, Evidence, Value, value_of
from evosense.metrics.metric import CONVERSATIONS, Metric
from evosense.metrics.models import Begun, HourSaid
from evosense.metrics.said import hours_said, message_figures
from evosense.metrics.stitch import Seam, rows

_QUERIES = load("evosense.metrics", "leaderboards.sql")
By = Literal["connection", "author"]
RANKED_FROM, SHOWN_FROM = 20, 5


@dataclass(frozen=True, slots=True)
class Standing:
    """One connection or author. `place` is None below n = 20, and the value too below n = 5.

    The place goes by the bound that is certain: the lower one where more is better, the upper one where less is.
    `coverage` (scored ÷ eligible customer messages, None without any) and the prompts and models say what its scores
    rest on.
    """

    id: UUID
    name: str
    place: int | None
    value: Value
    coverage: float | None
    prompt_hashes: tuple[str, ...]
    config_hashes: tuple[str, ...]


async def leaderboard(connection: AsyncConnection[Any], seam: Seam, metric: Metric, by: By) -> list[Standing]:
    """Everybody who has something to count, the best first, those without a place last.

    Raises:
        InvalidInput: The metric has no interval to rank by, or nothing to do with authors.
    """
    if metric.name not in INTERVALS or metric.better == "none":
        message = f"{metric.name} can't be ranked: choose a metric with an interval and a direction that is good"
        raise InvalidInput(message)
    if by == "author" and metric.source != CONVERSATIONS:
        message = f"{metric.name} is about customers' messages; authors are ranked by metrics of conversations"
        raise InvalidInput(message)
    cells = await _cells(connection, seam, metric, by)
    names = await rows(connection, _QUERIES[f"names_of_{by}s"], {"tenant_id": seam.tenant_id, "ids": list(cells)})
    known = {row["id"]: row["name"] for row in names}
    values = {key: value_of(metric, cell) for key, cell in cells.items()}
    ranked = sorted(
        (key for key, value in values.items() if value.n >= RANKED_FROM and _bound(metric, value) is not None),
        key=lambda key: (_certain(metric, values[key]), str(key)),
    )
    places = {key: place for place, key in enumerate(ranked, start=1)}
    others = sorted(
        (key for key, value in values.items() if key not in places and value.n > 0), key=lambda key: -values[key].n
    )
    return [
        _standing(key, known.get(key, ""), places.get(key), _shown(values[key]), cells[key])
        for key in (*ranked, *others)
    ]


def _standing(key: UUID, name: str, place: int | None, value: Value, cell: Evidence) -> Standing:
    messages = cell.kpis.messages
    coverage = messages.coverage
    return Standing(
        key,
        name,
        place,
        value,
        None if coverage is None else float(coverage),
        messages.prompt_hashes,
        messages.config_hashes,
    )


async def _cells(connection: AsyncConnection[Any], seam: Seam, metric: Metric, by: By) -> dict[UUID, Evidence]:
    found = await begun(connection, seam) if metric.source == CONVERSATIONS else []
    if by == "author":
        started = _pile(found, "responder_user_id")
        return {key: Evidence.of(message_figures([]), items) for key, items in started.items()}
    said: dict[UUID, list[HourSaid]] = defaultdict(list)
    for row in await hours_said(connection, seam):
        said[row.connection_id].append(row)
    started = _pile(found, "connection_id")
    return {
        key: Evidence.of(message_figures(said.get(key, [])), started.get(key, []))
        for key in said.keys() | started.keys()
    }


def _pile(found: Iterable[Begun], name: str) -> dict[UUID, list[Begun]]:
    piles: dict[UUID, list[Begun]] = defaultdict(list)
    for item in found:
        key: UUID | None = getattr(item, name)
        if key is not None:
            piles[key].append(item)
    return piles


def _bound(metric: Metric, value: Value) -> float | None:
    return value.low if metric.better == "up" else value.high


def _certain(metric: Metric, value: Value) -> float:
    bound = _bound(metric, value) or 0.0
    return -bound if metric.better == "up" else bound


def _shown(value: Value) -> Value:
    if value.n >= SHOWN_FROM:
        return value
    return Value(value=None, n=value.n, low=None, high=None, is_enough=False)
