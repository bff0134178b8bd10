"""Raw events that are stored already: servers tell a person's name again with every message of theirs.

The database drops a repeat by its digest anyway. To know it before spares compressing, encrypting and sending it: half
of what a busy server says.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from datetime import date
from typing import Final
from uuid import UUID

from evosense.messages.batch import RawRow

_NO_IDS: Final = "{}"  # an empty array's literal
_Mark = tuple[int, int, bytes]


class Repeats:
    """Remembers stored events that speak of no message, the latest ones; those of messages hardly ever repeat."""

    def __init__(self, size: int = 50_000) -> None:
        self._size = size
        self._stored: OrderedDict[_Mark, None] = OrderedDict()

    def knows(self, day: date, connection_id: UUID, digest: bytes) -> bool:
        """Whether an event is stored for certain."""
        mark = (day.toordinal(), connection_id.int, digest)
        if mark not in self._stored:
            return False
        self._stored.move_to_end(mark)
        return True

    def remember(self, committed: Iterable[RawRow]) -> None:
        """These are in the database, by this flush or by an earlier one."""
        for row in committed:
            if row.external_ids == _NO_IDS:
                self._stored[row.received_day.toordinal(), row.connection_id.int, row.digest] = None
        while len(self._stored) > self._size:
            self._stored.popitem(last=False)
