"""The figures of one company's day counted again, one message after the other, to be compared with the warehouse.

Nothing is shared with the SQL of the marts but the tables of app: this is what each figure means in plain Python.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg import Connection, Cursor, IsolationLevel
from psycopg.rows import dict_row

from evosense.db.named_queries import load

_QUERIES = load("evosense.metrics", "recount.sql")
# No timezone is more than 14 hours from UTC, and no session gap longer than 168 hours.
_MARGIN = timedelta(hours=14)
_LONGEST_GAP = timedelta(hours=168)
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recount:
    """A company's local day, and where the warehouse and the recount differ: figure → (shown, counted)."""

    tenant_id: UUID
    local_day: date
    figures: int
    differences: dict[str, tuple[Any, Any]]


def recount_a_day(connection: Connection[Any], rolls: Iterable[float]) -> Recount | None:
    """Count a day again that is drawn by chance; None where no day can be.

    Args:
        connection: In no transaction; everything is read from one snapshot.
        rolls: Numbers from 0 to 1, each a draw: a day to which something has just happened is put back.
    """
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        drawn = _draw(cursor, rolls)
        if drawn is None:
            return None
        day: date = drawn["local_day"]
        start = datetime.combine(day, datetime.min.time(), UTC)
        values = {
            "tenant_id": drawn["tenant_id"],
            "local_day": day,
            "from_at": start - _MARGIN - _LONGEST_GAP,
            "to_at": start + timedelta(days=1) + _MARGIN,
        }
        found = {name: cursor.execute(_QUERIES[name], values).fetchall() for name in ("said", "closes", "answered")}
        shown = cursor.execute(_QUERIES["shown"], values).fetchone() or {}
    counted = count_day(found, ZoneInfo(drawn["timezone"]), day, timedelta(hours=drawn["session_gap_hours"]))
    differences = {name: (shown.get(name), value) for name, value in counted.items() if shown.get(name) != value}
    return Recount(drawn["tenant_id"], day, len(counted), differences)


def _draw(cursor: Cursor[dict[str, Any]], rolls: Iterable[float]) -> dict[str, Any] | None:
    for roll in rolls:
        drawn = cursor.execute(_QUERIES["some_day"], {"roll": min(roll, 0.999999)}).fetchone()
        if drawn is None:
            return None
        marked = cursor.execute(_QUERIES["is_marked"], drawn).fetchone()
        if marked and not marked["is_marked"]:
            return drawn
    return None


def count_day(found: Mapping[str, Sequence[Row]], zone: ZoneInfo, day: date, gap: timedelta) -> dict[str, Any]:
    """Every additive figure of fct_daily_kpis, out of rows as they are stored."""
    here = [row for row in found["said"] if _day(row["sent_at"], zone) == day]
    begun = [talk for talk in _conversations(found, gap) if _day(talk[0]["sent_at"], zone) == day]
    answers = [row for row in found["answered"] if _day(row["created_at"], zone) == day]
    return _messages(here) | _waits(begun) | _answers(answers)


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def _kind(row: Row) -> str:
    """Who speaks, or why the message is left out."""
    if row["chat_kind"] == "group":
        return "group"
    if row["chat_kind"] != "individual" or row["direction"] == "unknown":
        return "other"
    if row["type"] in ("sticker", "reaction", "system"):
        return "other"
    if row["is_deleted"]:
        return "deleted"
    if row["direction"] == "in":
        return "customer"
    return "automated" if row["author_type"] in ("bot", "campaign") else "agent"


def _messages(here: Sequence[Row]) -> dict[str, Any]:
    kinds = Counter(_kind(row) for row in here)
    customers = [row for row in here if _kind(row) == "customer"]
    scored = [row for row in customers if row["sentiment"] is not None]
    positive = sum(row["sentiment"] > Decimal("0.1") for row in scored)
    negative = sum(row["sentiment"] < Decimal("-0.1") for row in scored)
    return {
        "messages_in": kinds["customer"],
        "messages_out": kinds["agent"] + kinds["automated"],
        "messages_automated": kinds["automated"],
        "messages_group": kinds["group"],
        "messages_deleted": kinds["deleted"],
        "messages_other": kinds["other"],
        "active_contacts": len({row["contact_id"] for row in customers}),
        "audio_without_text": sum(row["type"] == "audio" and not row["has_text"] for row in customers),
        "eligible": sum(row["has_text"] or row["sentiment"] is not None for row in customers),
        "scored": len(scored),
        "sentiment_sum": sum((row["sentiment"] for row in scored), Decimal(0)),
        "satisfaction_sum": sum(row["satisfaction"] for row in scored),
        "positive": positive,
        "neutral": len(scored) - positive - negative,
        "negative": negative,
    }


def _conversations(found: Mapping[str, Sequence[Row]], gap: timedelta) -> Iterator[list[Row]]:
    """The messages of each conversation, in order."""
    chats: dict[UUID, list[Row]] = defaultdict(list)
    for row in found["said"]:
        if _kind(row) in ("customer", "agent", "automated"):
            chats[row["chat_id"]].append(row)
    closes: dict[UUID, list[datetime]] = defaultdict(list)
    for row in found["closes"]:
        closes[row["chat_id"]].append(row["closed_at"])
    for chat_id, messages in chats.items():
        messages.sort(key=lambda row: (row["sent_at"], row["id"]))
        talk = messages[:1]
        for before, row in pairwise(messages):
            was_closed = any(before["sent_at"] < at < row["sent_at"] for at in closes[chat_id])
            if was_closed or row["sent_at"] - before["sent_at"] >= gap:
                yield talk
                talk = []
            talk.append(row)
        yield talk


def _waits(begun: Sequence[Sequence[Row]]) -> dict[str, Any]:
    by_customer = [talk for talk in begun if _kind(talk[0]) == "customer"]
    responses = [wait for talk in by_customer if (wait := _first_response(talk)) is not None]
    turns = [wait for talk in begun for wait in _turns(talk)]
    return {
        "conversations": len(begun),
        "conversations_by_customer": len(by_customer),
        "unanswered": len(by_customer) - len(responses),
        "answered": len(responses),
        "first_response_sum_ms": sum(responses),
        "turns": len(turns),
        "turn_wait_sum_ms": sum(turns),
    }


def _first_response(talk: Sequence[Row]) -> int | None:
    for row in talk:
        if _kind(row) == "agent":
            return (row["sent_at"] - talk[0]["sent_at"]) // timedelta(milliseconds=1)
    return None


def _turns(talk: Sequence[Row]) -> Iterator[int]:
    asked: datetime | None = None
    for row in talk:
        kind = _kind(row)
        if kind == "customer":
            asked = asked or row["sent_at"]
        elif kind == "agent":
            if asked:
                yield (row["sent_at"] - asked) // timedelta(milliseconds=1)
            asked = None


def _answers(answers: Sequence[Row]) -> dict[str, Any]:
    valid = [row for row in answers if row["status"] in ("ok", "repaired")]
    return {
        "inferences": len(valid),
        "inferences_failed": len(answers) - len(valid),
        "latency_sum_ms": sum(row["latency_ms"] for row in valid),
        "cost_micros": sum(row["cost_micros"] for row in answers),
    }
