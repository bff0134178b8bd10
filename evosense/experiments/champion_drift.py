"""Have a company's official scores moved by more than they move by themselves? Last week against the month before.

Only scores of the prompt and model that are official now are compared, so what is found is a change of what customers
write or of how the model behaves, not a promotion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from psycopg import AsyncConnection

from evosense.db.named_queries import load
from evosense.experiments.statistics import Drift, benjamini_hochberg, population_stability_index
from evosense.log import get_logger

_log = get_logger(__name__)
_QUERIES = load("evosense.experiments", "drift.sql")
RECENT, HISTORY = timedelta(days=7), timedelta(days=28)
# Fewer scores or chats on either side say nothing about a distribution; more than the newest of these cost time.
_LEAST, _LEAST_CHATS, _NEWEST = 200, 20, 20_000
_ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class ChampionDrift:
    """One company's official scores: `recent_mean` against `history_mean`, and the distance of the distributions.

    `adjusted_p` is Benjamini-Hochberg's over the companies that were looked at together; `is_drift` goes by it.
    """

    tenant_id: UUID
    prompt_hash: str
    config_hash: str
    history_mean: float
    recent_mean: float
    drift: Drift
    adjusted_p: float
    is_drift: bool


async def champion_drifts(
    connection: AsyncConnection[Any], tenant_ids: Sequence[UUID] | None = None, *, now: datetime | None = None
) -> list[ChampionDrift]:
    """Look at the official scores of these companies (all when None), the most suspicious first.

    Companies with fewer than 200 scores in 20 chats on either side are left out: nothing can be said of them.

    Args:
        connection: in a role that reads every tenant.
        tenant_ids: whose scores.
        now: the end of the recent week.
    """
    until = now or datetime.now(UTC)
    if tenant_ids is None:
        rows = await (await connection.execute(_QUERIES["tenants"])).fetchall()
        tenant_ids = [row[0] for row in rows]
    # Enough resamples that one company among all can still be told from chance.
    draws = max(1_000, round(2 * len(tenant_ids) / _ALPHA))
    found = [
        one for tenant_id in tenant_ids if (one := await _look(connection, tenant_id, until, draws=draws)) is not None
    ]
    if not found:
        return []
    adjusted = benjamini_hochberg([one.drift.p for one in found], alpha=_ALPHA)
    judged = [
        replace(one, adjusted_p=float(p), is_drift=bool(claimed))
        for one, p, claimed in zip(found, adjusted.p, adjusted.rejected, strict=True)
    ]
    for one in judged:
        if one.is_drift:
            _log.warning("champion_drifts", tenant_id=str(one.tenant_id), distance=round(one.drift.estimate, 3))
    return sorted(judged, key=lambda one: (one.adjusted_p, -one.drift.estimate))


async def _look(
    connection: AsyncConnection[Any], tenant_id: UUID, until: datetime, *, draws: int
) -> ChampionDrift | None:
    key = {"tenant_id": tenant_id, "until": until}
    champion = await (await connection.execute(_QUERIES["present_champion"], key)).fetchone()
    if champion is None:
        return None
    arm = {"tenant_id": tenant_id, "prompt_hash": champion[0], "config_hash": champion[1]}
    recent_chats, recent = await _scores(connection, arm, until - RECENT, until)
    history_chats, history = await _scores(connection, arm, until - RECENT - HISTORY, until - RECENT)
    if min(len(recent), len(history)) < _LEAST:
        return None
    if min(len(np.unique(recent_chats)), len(np.unique(history_chats))) < _LEAST_CHATS:
        return None
    drift = population_stability_index(
        history, recent, clusters=(history_chats, recent_chats), draws=draws, alpha=_ALPHA
    )
    return ChampionDrift(
        tenant_id, champion[0], champion[1], float(history.mean()), float(recent.mean()), drift, drift.p, drift.is_drift
    )


async def _scores(
    connection: AsyncConnection[Any], arm: dict[str, Any], since: datetime, until: datetime
) -> tuple[NDArray[np.str_], NDArray[np.float64]]:
    """Chats and sentiments (n,) of the newest official scores of a span."""
    params = {**arm, "since": since, "until": until, "limit": _NEWEST}
    rows = await (await connection.execute(_QUERIES["champion_scores"], params)).fetchall()
    return np.array([row[0] for row in rows], dtype=np.str_), np.array([row[1] for row in rows], dtype=np.float64)
