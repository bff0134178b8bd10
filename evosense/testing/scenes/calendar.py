"""When things are said: business hours, weekdays, a slow trend, answers that wait for the morning."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from evosense.testing.scenes.arcs import BOT_BEATS
from evosense.testing.scenes.book import Business, business
from evosense.testing.scenes.models import SceneMessage
from evosense.testing.scenes.writer import SceneWriter

#: Measured over all books: how many messages a conversation has, for turning a daily volume into
#: conversations.
MEAN_LENGTH = 12.3
_CLOSED_SHARE = 0.05
_GROUP_CHANCE = 0.7


def hour_weights(book: Business) -> list[float]:
    """Relative volume of each local hour: morning and afternoon peaks, little while closed."""
    weights: list[float] = []
    for hour in range(24):
        peak = math.exp(-(((hour - 10.5) / 2.2) ** 2)) + 0.9 * math.exp(-(((hour - 15.5) / 2.5) ** 2))
        if book.closes_h > 21:
            peak = 0.6 * peak + 1.2 * math.exp(-(((hour - 19.5) / 1.8) ** 2))
        inside = book.opens_h <= hour < book.closes_h
        weights.append((0.25 + peak) * (1.0 if inside else _CLOSED_SHARE * 3 if hour >= 7 else _CLOSED_SHARE / 3))
    return weights


def history(
    key: str,
    seed: str,
    start: float,
    end: float,
    *,
    per_day: float = 80.0,
    timezone: str = "America/Sao_Paulo",
) -> list[SceneMessage]:
    """Everything said between two moments (epoch seconds), in order of time, with `at` set.

    A day's conversations depend on the seed and the date alone, so a later start or end cuts the same story
    elsewhere.
    """
    zone = ZoneInfo(timezone)
    writer = SceneWriter(business(key), seed)
    # Conversations run over midnight: the day before the window counts too.
    first = datetime.fromtimestamp(start, UTC).astimezone(zone).date() - timedelta(days=1)
    last = datetime.fromtimestamp(end, UTC).astimezone(zone).date()
    found = [
        message
        for offset in range((last - first).days + 1)
        for message in _day(writer, seed, first + timedelta(days=offset), per_day, zone)
        if start <= message.at < end
    ]
    found.sort(key=lambda message: message.at)
    return found


def _day(writer: SceneWriter, seed: str, day: date, per_day: float, zone: ZoneInfo) -> Iterator[SceneMessage]:
    rng = Random(f"{seed}:{writer.business.key}:{day.isoformat()}")
    midnight = datetime.combine(day, time(), zone)
    book = writer.business
    mean_weight = sum(book.day_weights) / 7
    trend = 1 + 0.15 * math.sin(day.toordinal() / 11)
    wanted = per_day * book.day_weights[day.weekday()] / mean_weight * trend * rng.uniform(0.8, 1.2)
    hours = hour_weights(book)
    for index in range(round(wanted / MEAN_LENGTH)):
        begin = midnight + timedelta(hours=rng.choices(range(24), hours)[0], seconds=rng.uniform(0, 3599))
        yield from timed(writer, writer.conversation(_number(day, index), begin, rng), begin, rng)
    if book.day_weights[day.weekday()] > 0.3 and rng.random() < _GROUP_CHANCE:
        begin = midnight + timedelta(hours=book.opens_h + rng.uniform(0, 6))
        yield from timed(writer, writer.chatter(_number(day, 999), begin, rng), begin, rng)


def _number(day: date, index: int) -> int:
    return day.toordinal() * 1000 + index


def timed(writer: SceneWriter, messages: list[SceneMessage], begin: datetime, rng: Random) -> Iterator[SceneMessage]:
    """Give every message its moment; people of the business answer during hours only."""
    now = begin
    for message in messages:
        now += timedelta(seconds=message.delay_s)
        by_people = message.author in ("agent", "api") and message.beat not in BOT_BEATS
        if by_people and not writer.is_open(now):
            now = _next_opening(writer, now) + timedelta(minutes=rng.uniform(1, 40))
        yield replace(message, at=now.timestamp())


def _next_opening(writer: SceneWriter, now: datetime) -> datetime:
    opens = timedelta(hours=writer.business.opens_h)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for days in range(8):
        candidate = midnight + timedelta(days=days) + opens
        if candidate >= now and writer.is_open(candidate):
            return candidate
    return now
