"""Delivering events as Stripe does: signed, at least once, in no order; and worse, when asked to."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from evosense.testing.stripe.ledger import Json, old_shape

_SHAPED: Final = ("subscription", "invoice")


@dataclass(frozen=True, slots=True)
class Disorder:
    """How events go astray: shares from 0 to 1, from a seed, so a failure can be repeated."""

    seed: int = 0
    shuffled: bool = True
    doubled: float = 0.3
    lost: float = 0.0
    # Held back until all others have arrived.
    delayed: float = 0.0


def signature(payload: bytes, secret: str, *, at: int | None = None, scheme: str = "v1") -> str:
    """The Stripe-Signature header: HMAC-SHA256 of `timestamp.payload` (Stripe's webhook signature scheme)."""
    timestamp = int(time.time()) if at is None else at
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={timestamp},{scheme}={digest}"


def payload_of(event: Json, *, old: bool = False) -> bytes:
    """The bytes of a webhook; `old` for an endpoint made with an API version before 2025-03-31.basil."""
    if old and event["data"]["object"]["object"] in _SHAPED:
        shown: dict[str, Any] = {"object": old_shape(event["data"]["object"])}
        event = event | {"api_version": "2024-06-20", "data": shown}
    return json.dumps(event, indent=2).encode()


def disordered(events: Sequence[Json], disorder: Disorder) -> list[Json]:
    """The order in which `events` arrive."""
    chance = random.Random(disorder.seed)
    arriving = [event for event in events if chance.random() >= disorder.lost]
    arriving += [event for event in arriving if chance.random() < disorder.doubled]
    if disorder.shuffled:
        chance.shuffle(arriving)
    is_late = [chance.random() < disorder.delayed for _ in arriving]
    return [event for wave in (False, True) for event, late in zip(arriving, is_late, strict=True) if late is wave]


async def deliver(events: Iterable[Json], url: str, secret: str, *, old: bool = False) -> list[int]:
    """POST each event to `url`; answers the statuses in order."""
    statuses: list[int] = []
    async with aiohttp.ClientSession() as session:
        for event in events:
            payload = payload_of(event, old=old)
            headers = {"Stripe-Signature": signature(payload, secret), "Content-Type": "application/json"}
            async with session.post(url, data=payload, headers=headers) as answer:
                statuses.append(answer.status)
    return statuses
