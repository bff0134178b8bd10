"""What a replay would do, read only: nothing is frozen, enqueued or paid for by looking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection

from evosense.db.named_queries import load
from evosense.errors import InvalidInput
from evosense.experiments.datasets import window_params
from evosense.experiments.replay import eta_seconds, resolve_arms
from evosense.experiments.run_models import ReplayRequest
from evosense.experiments.runs import call_price
from evosense.experiments.statistics import achieved_power, planning_design_effect, sample_size

_QUERIES = load("evosense.experiments", "datasets.sql")
# Typical spread of paired sentiment differences between messages, and their correlation within a chat.
_SPREAD, _ICC = 0.3, 0.1


@dataclass(frozen=True, slots=True)
class Preview:
    """Messages, calls, money and time of a replay, and what it could show.

    `chats_needed` would show a difference of `delta` with 80 % chance; `power` is the chance with the chats at hand.
    """

    items: int
    chats: int
    calls: int
    reused: int
    cost_micros: int
    eta_seconds: float
    delta: float
    power: float
    chats_needed: int


async def preview(connection: AsyncConnection[Any], request: ReplayRequest, *, delta: float = 0.02) -> Preview:
    """Plan a replay without writing anything.

    Raises:
        InvalidInput: nothing to replay, no model yet, twice the same prompt.
        NotFound: an unknown prompt.
    """
    window = request.window
    tenants = None if window.tenant_ids is None else list(window.tenant_ids)
    references = (request.baseline, *request.candidates)
    arms = await resolve_arms(connection, window.scope, tenants, request.prompt_name, references)
    params = {
        **window_params(window),
        "prompt_hashes": [arm.prompt_hash for arm in arms],
        "config_hash": arms[0].config_hash,
    }
    row = await (await connection.execute(_QUERIES["preview"], params)).fetchone()
    items, chats, reused = (int(value) for value in row) if row else (0, 0, 0)
    if items == 0:
        message = f"no message from {window.first} to {window.last} could be scored; widen the window or the filters"
        raise InvalidInput(message)
    calls = items * len(arms)
    price = await call_price(connection, arms[0].config_hash, tenants)
    per_chat = max(items / chats, 1.0)
    return Preview(
        items=items,
        chats=chats,
        calls=calls,
        reused=reused,
        cost_micros=round(price.cost_micros * (calls - reused)),
        eta_seconds=eta_seconds(price, calls - reused),
        delta=delta,
        power=achieved_power(delta, _SPREAD, items, deff=planning_design_effect(per_chat, _ICC)).estimate,
        chats_needed=sample_size(delta, _SPREAD, messages_per_chat=per_chat).chats,
    )
