"""A request to work on past days again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, get_args
from uuid import UUID

from evosense.db.ids import EVERYONE

Kind = Literal["scoring", "embeddings", "warehouse"]
State = Literal["requested", "running", "done", "failed", "canceled"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Backfill:
    """Local days first..last of one tenant, or of all (`tenant_id` is that of everybody).

    `items` are messages (scoring, embeddings) or days (warehouse); `run_id` is Dagster's.
    """

    tenant_id: UUID
    id: UUID
    kind: Kind
    first_day: date
    last_day: date
    state: State
    requested_by: str
    requested_at: datetime
    attempts: int
    run_id: str | None
    started_at: datetime | None
    ended_at: datetime | None
    items: int
    items_done: int
    error_class: str | None

    @property
    def only_tenant(self) -> UUID | None:
        """Whose days, None for everybody's."""
        return None if self.tenant_id == EVERYONE else self.tenant_id
