"""The KPIs, counted again in a straight line: one message after the other, no SQL, nothing shared with the product."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from tests.integration.warehouse.world import Message, Tenant

Row = dict[str, Any]


def recount(tenant: Tenant) -> dict[date, Row]:
    """What fct_daily_kpis must say: a row for each local day on which anything happened."""
    return {day: _finish(row) for day, row in _count(tenant, lambda day: day).items()}


def recount_together(tenant: Tenant, first: date, last: date) -> Row:
    """What a summary of the days from first to last must say."""
    return _finish(_count(tenant, lambda day: "within" if first <= day <= last else "outside")["within"])


def _count(tenant: Tenant, pile: Callable[[date], Any]) -> dict[Any, Row]:
    days: dict[Any, Row] = defaultdict(_nothing)
    for message in tenant.messages.values():
        _count_message(days[pile(tenant.day(message.sent_at))], tenant, message)
    for inference in tenant.inferences:
        if inference.purpose != "prod":
            continue
        row = days[pile(tenant.day(inference.created_at))]
        row["cost_micros"] += inference.cost_micros
        if inference.status in ("ok", "repaired"):
            row["latencies"].append(inference.latency_ms)
        else:
            row["inferences_failed"] += 1
    for conversation in conversations(tenant):
        row = days[pile(conversation["local_day"])]
        row["conversations"] += 1
        row["conversations_by_customer"] += conversation["begun_by"] == "customer"
        row["unanswered"] += conversation["is_unanswered"]
        row["responses"] += [conversation["first_response_ms"]] if conversation["first_response_ms"] is not None else []
        row["waits"] += conversation["turn_waits_ms"]
    return days


def conversations(tenant: Tenant) -> list[Row]:
    """What fct_conversations must say, one row per conversation."""
    chats: dict[UUID, list[Message]] = defaultdict(list)
    for message in tenant.messages.values():
        if speaker(message):
            chats[chat(tenant, message)].append(message)
    closes: dict[UUID, list[datetime]] = defaultdict(list)
    for identity, moment in tenant.closes:
        closes[tenant.links[identity][0] if identity in tenant.links else identity].append(moment)
    found: list[Row] = []
    for thread, messages in chats.items():
        current: list[Message] = []
        for message in sorted(messages, key=lambda m: (m.sent_at, m.id)):
            if current and (
                message.sent_at - current[-1].sent_at >= timedelta(hours=tenant.gap_hours)
                or any(current[-1].sent_at < moment < message.sent_at for moment in closes[thread])
            ):
                found.append(_conversation(tenant, thread, current, closes[thread]))
                current = []
            current.append(message)
        found.append(_conversation(tenant, thread, current, closes[thread]))
    return found


def _conversation(tenant: Tenant, thread: UUID, messages: list[Message], closes: list[datetime]) -> Row:
    first = messages[0]
    asked, waits = None, []
    response = None
    for message in messages:
        if speaker(message) == "customer" and asked is None:
            asked = message.sent_at
        if speaker(message) == "agent":
            if asked is not None:
                waits.append(_milliseconds(message.sent_at - asked))
            if response is None:
                response = _milliseconds(message.sent_at - first.sent_at)
            asked = None
    by_customer = speaker(first) == "customer"
    return {
        "conversation_id": first.id,
        "chat_id": thread,
        "local_day": tenant.day(first.sent_at),
        "begun_by": speaker(first),
        "first_response_ms": response if by_customer else None,
        "turn_waits_ms": waits,
        "is_unanswered": by_customer and response is None,
        "started_at": first.sent_at,
        "last_message_at": messages[-1].sent_at,
        "closed_at": _closed(messages[-1].sent_at, closes, timedelta(hours=tenant.gap_hours)),
        **_mood([message for message in messages if speaker(message) == "customer" and message.score]),
    }


def _closed(last: datetime, closes: list[datetime], gap: timedelta) -> datetime | None:
    return min((moment for moment in closes if last < moment < last + gap), default=None)


def _mood(scored: list[Message]) -> Row:
    moods = [message.score[0] for message in scored if message.score]
    opinions = [message.score[1] for message in scored if message.score]
    row: Row = {
        "scored": len(moods),
        "sentiment_mean": _ratio(sum(moods, Decimal(0)), len(moods)),
        "satisfaction": _ratio(sum(opinions[-3:]), len(opinions[-3:])),
        "ending_sentiment": _ratio(sum(moods[-3:], Decimal(0)), len(moods[-3:])),
        "trajectory_change": None,
        "trajectory": None,
        "turning_message_id": None,
        "turning_change": None,
    }
    if len(moods) < 4:
        return row
    change = _difference(moods[-3:], moods[:3])
    turns = [_difference(moods[place : place + 3], moods[max(0, place - 3) : place]) for place in range(1, len(moods))]
    furthest = max(range(len(turns)), key=lambda place: (abs(turns[place]), -place))
    return row | {
        "trajectory_change": change,
        "trajectory": "improving" if change >= Decimal("0.3") else "worsening" if change <= Decimal("-0.3") else "flat",
        "turning_message_id": scored[furthest + 1].id,
        "turning_change": turns[furthest],
    }


def _difference(one: list[Decimal], other: list[Decimal]) -> Decimal:
    apart = sum(one, Decimal(0)) / len(one) - sum(other, Decimal(0)) / len(other)
    return apart.quantize(Decimal("0.000001"), ROUND_HALF_UP)


def _count_message(row: Row, tenant: Tenant, message: Message) -> None:
    if message.kind == "group":
        row["messages_group"] += 1
        return
    if (
        message.kind != "individual"
        or message.direction == "unknown"
        or message.type in {"sticker", "reaction", "system"}
    ):
        row["messages_other"] += 1
        return
    if message.deleted:
        row["messages_deleted"] += 1
        return
    if message.direction == "out":
        row["messages_out"] += 1
        row["messages_automated"] += message.author in ("bot", "campaign")
        return
    row["messages_in"] += 1
    row["contacts"].add(contact(tenant, message))
    row["audio_without_text"] += message.type == "audio" and not message.text
    row["eligible"] += bool(message.text) or message.score is not None
    if message.score:
        sentiment, satisfaction, prompt, config = message.score
        row["scored"] += 1
        row["sentiment_sum"] += sentiment
        row["satisfaction_sum"] += satisfaction
        row["sentiment_square_sum"] += sentiment * sentiment
        row["satisfaction_square_sum"] += satisfaction * satisfaction
        row["positive"] += sentiment > Decimal("0.1")
        row["negative"] += sentiment < Decimal("-0.1")
        row["neutral"] += Decimal("-0.1") <= sentiment <= Decimal("0.1")
        row["prompts"].add(prompt)
        row["configs"].add(config)


def _finish(row: Row) -> Row:
    scored = row["scored"]
    contacts, prompts, configs = row.pop("contacts"), row.pop("prompts"), row.pop("configs")
    latencies, responses, waits = row.pop("latencies"), row.pop("responses"), row.pop("waits")
    return row | {
        "active_contacts": len(contacts),
        "coverage": _ratio(scored, row["eligible"]),
        "sentiment_mean": _ratio(row["sentiment_sum"], scored),
        "positive_pct": _ratio(row["positive"] * 100, scored),
        "neutral_pct": _ratio(row["neutral"] * 100, scored),
        "negative_pct": _ratio(row["negative"] * 100, scored),
        "net_sentiment": _ratio((row["positive"] - row["negative"]) * 100, scored),
        "satisfaction_mean": _ratio(row["satisfaction_sum"], scored),
        "prompt_hashes": sorted(prompts),
        "config_hashes": sorted(configs),
        "inferences": len(latencies),
        "latency_sum_ms": sum(latencies),
        "latency_mean_ms": _ratio(sum(latencies), len(latencies)),
        "latency_p50_ms": _percentile(latencies, 0.5),
        "latency_p95_ms": _percentile(latencies, 0.95),
        "answered": len(responses),
        "first_response_sum_ms": sum(responses),
        "first_response_mean_ms": _ratio(sum(responses), len(responses)),
        "first_response_p50_ms": _percentile(responses, 0.5),
        "first_response_p90_ms": _percentile(responses, 0.9),
        "first_response_p95_ms": _percentile(responses, 0.95),
        "turns": len(waits),
        "turn_wait_sum_ms": sum(waits),
        "turn_wait_mean_ms": _ratio(sum(waits), len(waits)),
        "turn_wait_p50_ms": _percentile(waits, 0.5),
        "turn_wait_p90_ms": _percentile(waits, 0.9),
        "turn_wait_p95_ms": _percentile(waits, 0.95),
    }


def _nothing() -> Row:
    zeroes = (
        "messages_in messages_out messages_automated messages_group messages_deleted messages_other"
        " audio_without_text eligible scored positive neutral negative satisfaction_sum inferences_failed cost_micros"
        " conversations conversations_by_customer unanswered"
    )
    row: Row = dict.fromkeys(zeroes.split(), 0)
    return row | {
        "sentiment_sum": Decimal(0),
        "sentiment_square_sum": Decimal(0),
        "satisfaction_square_sum": 0,
        "contacts": set(),
        "prompts": set(),
        "configs": set(),
        "latencies": [],
        "responses": [],
        "waits": [],
    }


def speaker(message: Message) -> str | None:
    """Who speaks, None where KPIs leave the message out."""
    if message.kind != "individual" or message.deleted or message.type in {"sticker", "reaction", "system"}:
        return None
    if message.direction == "out":
        return "automated" if message.author in ("bot", "campaign") else "agent"
    return "customer" if message.direction == "in" else None


def chat(tenant: Tenant, message: Message) -> UUID:
    """The thread that the message belongs to today."""
    return tenant.links[message.chat_identity][0] if message.chat_identity in tenant.links else message.chat_identity


def contact(tenant: Tenant, message: Message) -> UUID:
    """Whom the message is with today."""
    known = tenant.links.get(message.chat_identity, (None, None))[1]
    return known or chat(tenant, message)


def _milliseconds(wait: timedelta) -> int:
    return wait // timedelta(milliseconds=1)


def _ratio(numerator: int | Decimal, denominator: int) -> Decimal | None:
    if not denominator:
        return None
    return (Decimal(numerator) / denominator).quantize(Decimal("0.000001"), ROUND_HALF_UP)


def _percentile(values: list[int], fraction: float) -> int | None:
    if not values:
        return None
    ordered = sorted(values)
    whole, part = divmod(fraction * (len(ordered) - 1), 1)
    low = ordered[int(whole)]
    return round(low + part * (ordered[int(whole) + 1] - low)) if part else low
