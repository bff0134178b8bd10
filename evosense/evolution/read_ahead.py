"""What links have read and nobody has taken yet: bounded in bytes, for each link and for all of a process.

`websockets` bounds how many frames wait, not how large they are: 64 frames of 64 MB on one link are 4 GB, and whoever
may name a server may name one that sends them. Here every link may hold a little at any time, which is all that usual
events need. What is beyond counts against the allowance that the links of a process share. While it is used up the
links stand still and TCP slows their servers down, except for the one that has held more for the longest: it may
read its packet to the end, so that something always comes to one.
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from typing import Any, Final, cast

from websockets.asyncio.client import ClientConnection

_FREE_BYTES: Final = 256 * 2**10


class Allowance:
    """How much the links of a process may hold together, beyond the little that each may hold anyway."""

    def __init__(self, most_bytes: int = 64 * 2**20) -> None:
        self._most_bytes = most_bytes
        self._held: dict[PacedConnection, int] = {}  # the longest holder first
        self._total = 0

    @property
    def bytes(self) -> int:
        """What is held at the moment by links that hold much."""
        return self._total

    def has_room_for(self, link: PacedConnection) -> bool:
        """Whether `link`, one of those that hold much, may read on."""
        return self._total < self._most_bytes or next(iter(self._held), link) is link

    def settle(self, link: PacedConnection, held: int) -> None:
        """Note what `link` holds; 0 when it is little. Others that wait are told when that makes room."""
        before = self._held.get(link, 0)
        if held:
            self._held[link] = held
        else:
            self._held.pop(link, None)
        self._total += held - before
        if held < before:
            for other in list(self._held):
                other.pace()


class PacedConnection(ClientConnection):
    """A websocket that reads on only while its reader keeps up and the allowance has room.

    `kept` is what its reader keeps of former messages until more have come (a packet without all its attachments).
    """

    # In the instance's dictionary these would be beyond what instances share: 2 KB for each of thousands of links.
    __slots__ = ("_allowance", "_heard_at", "_held", "_holds_much", "_in_hand", "_is_awaited", "kept")

    def __init__(self, allowance: Allowance, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._allowance = allowance
        self._is_awaited = False  # the reader has nothing to do and waits for a whole message
        self._in_hand = 0  # the message that the reader took last, until it asks for the next one
        self._held = 0  # never less than what is held
        self._holds_much = False
        self.kept = 0
        self._heard_at = self.loop.time()

    @property
    def silent_s(self) -> float:
        """Seconds without a byte from the peer; none while we stand still, as then nobody would see its bytes."""
        if self.recv_messages.paused or not self._may_read():
            self._heard_at = self.loop.time()
        return self.loop.time() - self._heard_at

    @property
    def is_held_back(self) -> bool:
        """Whether it stands still although its reader waits, because other links hold too much."""
        return self._is_awaited and not self._may_read()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio's callback: a link is open."""
        super().connection_made(transport)
        self.recv_messages.pause = self.recv_messages.resume = self.pace  # by the number of frames, as ever

    def data_received(self, data: bytes) -> None:
        """Asyncio's callback: the peer sent something."""
        super().data_received(data)
        self._heard_at = self.loop.time()
        self._held += len(data)
        if self._held > _FREE_BYTES:
            self._weigh()

    def connection_lost(self, exc: Exception | None) -> None:
        """Asyncio's callback: the link ended. What was read whole can still be taken."""
        super().connection_lost(exc)
        self._allowance.settle(self, 0)

    async def recv(self, decode: bool | None = None) -> Any:
        """The next message, as `websockets` has it. Asking says that the message before is no longer in hand."""
        self._in_hand = 0
        self._is_awaited = not len(self.recv_messages.frames)
        if self._holds_much and not self.kept:
            self._allowance.settle(self, 0)  # a packet is done: the next one of this link waits behind the others'
        if self._holds_much or self.kept > _FREE_BYTES:
            self._weigh()
        try:
            message = await super().recv(decode)
        finally:
            self._is_awaited = False
        self._in_hand = sys.getsizeof(message)  # a text with one emoji takes four bytes a character
        return message

    def pace(self) -> None:
        """Read on, or stand still."""
        if self.transport.is_closing():
            return
        if self.recv_messages.paused or not self._may_read():
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def _may_read(self) -> bool:
        return not self._holds_much or (self._is_awaited and self._allowance.has_room_for(self))

    def _weigh(self) -> None:
        queued = sum(len(frame.data) for frame in self.recv_messages.frames.queue)
        begun = len(self.protocol.reader.buffer) + (self.protocol.current_size or 0)
        self._held = self.kept + self._in_hand + queued + begun
        self._holds_much = self._held > _FREE_BYTES
        if self.recv_messages.closed:
            return
        self._allowance.settle(self, self._held if self._holds_much else 0)
        self.pace()


def paced(allowance: Allowance) -> type[ClientConnection]:
    """What `websockets` takes as `create_connection`: a maker of connections under `allowance`."""
    return cast("type[ClientConnection]", partial(PacedConnection, allowance))
