"""Who is not let in: connections whose lease somebody else has by now, and people who were erased.

The question travels with the rows that it is about, so that nobody waits for the usual answer, which is nobody. Where
it is another one, what was written is rolled back and written again without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection, AsyncCursor

from evosense.db.arrays import arrays
from evosense.db.named_queries import load
from evosense.messages import meeting
from evosense.messages.models import Heard
from evosense.messages.normalise import Blocked

_LEASES = load("evosense.messages")
_PEOPLE = load("evosense.messages", "people.sql")


class _LeaseRow(NamedTuple):
    tenant_id: UUID
    connection_id: UUID
    fence: int
    lock: int


class AddressRow(NamedTuple):
    """An address of a tenant."""

    tenant_id: UUID
    jid_hmac: bytes


class TurnedAwayError(Exception):
    """Some were written who must not be."""

    def __init__(self, away: TurnedAway) -> None:
        """`away` are they, those that were known before included."""
        super().__init__()
        self.away = away


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """`fenced` are connections, `erased` (tenant, address HMAC) of people."""

    fenced: frozenset[UUID] = frozenset()
    erased: Blocked = frozenset()

    def lets_in(self, heard: Sequence[Heard]) -> list[Heard]:
        """What was heard on connections that are ours; events of erased people are still in it."""
        if not self.fenced:
            return list(heard)
        return [item for item in heard if item.fence is None or item.recipient.connection_id not in self.fenced]


class Question:
    """A question that was sent."""

    def __init__(self, known: TurnedAway) -> None:
        self._known = known
        self._leases: dict[UUID, _LeaseRow] = {}
        self._held: AsyncCursor[Any] | None = None
        self._erased: AsyncCursor[Any] | None = None

    @classmethod
    async def ask(
        cls, connection: AsyncConnection[Any], heard: Sequence[Heard], spoken_of: Blocked, known: TurnedAway
    ) -> Question:
        """Send it: leases found to hold stay held until commit, and edits wait for the messages among what was heard.

        Args:
            connection: in a pipeline.
            heard: what is about to be written.
            spoken_of: (tenant, address HMAC) of everybody in it.
            known: who was turned away before.
        """
        asked = cls(known)
        unfenced: set[UUID] = set()
        for item in heard:
            tenant_id, connection_id = item.recipient.tenant_id, item.recipient.connection_id
            if item.fence is not None:
                lock = meeting.lock_of(connection_id)
                asked._leases[connection_id] = _LeaseRow(tenant_id, connection_id, item.fence, lock)
            elif any(event.action == "message" for event in item.events):
                unfenced.add(connection_id)
        if asked._leases:
            rows = arrays(_LeaseRow, asked._leases.values())
            asked._held = await connection.execute(_LEASES["hold_leases"], rows)
        if unfenced:
            await meeting.share(connection, unfenced)
        if spoken_of:
            rows = arrays(AddressRow, spoken_of)
            asked._erased = await connection.execute(_PEOPLE["erased_addresses"], rows)
        return asked

    async def answer(self) -> None:
        """Return when everybody is welcome who was not turned away before.

        Raises:
            TurnedAwayError: somebody is not.
        """
        fenced, erased = self._known.fenced, self._known.erased
        if self._held is not None:
            fenced |= self._leases.keys() - {row[1] for row in await self._held.fetchall()}
        if self._erased is not None:
            erased |= {(row[0], bytes(row[1])) for row in await self._erased.fetchall()}
        found = TurnedAway(fenced, erased)
        if found != self._known:
            raise TurnedAwayError(found)
