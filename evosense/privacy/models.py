"""What people ask of a company about their data, and duties to keep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

Kind = Literal["access", "export", "correct", "erase"]
State = Literal["received", "running", "done", "refused", "canceled", "failed"]
# LGPD art. 19, II: a complete answer within 15 days of the request.
DUE_AFTER: Final = timedelta(days=15)
MAX_NAME: Final = 160


@dataclass(frozen=True, slots=True)
class PrivacyRequest:
    """A request of a person. `jid_hmacs` stand for the address under every version of the identity key.

    `counts` are rows by store; `reason` is a code why it was refused or failed; `certificate_hash` is None until an
    erasure is done.
    """

    tenant_id: UUID
    id: UUID
    kind: Kind
    state: State
    jid_hmacs: list[bytes]
    correction_enc: bytes | None
    requested_by: str
    requested_at: datetime
    due_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    attempts: int
    reason: str | None
    counts: dict[str, Any]
    certificate_hash: str | None
    has_answer: bool

    @property
    def is_open(self) -> bool:
        """Nobody has answered it yet."""
        return self.state in ("received", "running")


@dataclass(frozen=True, slots=True)
class LegalHold:
    """A duty to keep: everything of the company, or (`is_of_person`) of one person."""

    tenant_id: UUID
    id: UUID
    is_of_person: bool
    reason: str
    placed_by: str
    placed_at: datetime
    released_by: str | None
    released_at: datetime | None
