"""Fanning live events out within one process: each event is read once, encoded once, offered to every client.

Knows neither sockets nor SQL: it is given a function that reads events, and clients with a function that writes bytes
and never waits. A client that leaves too much unread is dropped, so one that reads slowly costs the others nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson
from websockets import frames

from evosense.errors import RateLimited
from evosense.live.models import LiveEvent
from evosense.log import get_logger

FRAME_VERSION = 1
_READ_AT_ONCE = 500
_log = get_logger(__name__)

ReadSince = Callable[[UUID, int, int], Awaitable[Sequence[LiveEvent]]]
ReadNewest = Callable[[UUID], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Frame:
    """One event as it goes over the wire, encoded once for all who hear it. `seq` is 0 when it carries no event.

    `text` is the message, `wire` the whole WebSocket frame around it: a server's frames carry no mask, so the same
    bytes go to every client.
    """

    seq: int
    audience: str
    text: str
    wire: bytes


# Hands a frame's `wire` to a client without waiting; False when too much of what it was sent is still unread.
Write = Callable[[bytes], bool]


def encode(type_: str, seq: int, payload: dict[str, object]) -> str:
    """The wire form: `{"v":1,"seq":…,"type":…,"payload":…}`."""
    return orjson.dumps({"v": FRAME_VERSION, "seq": seq, "type": type_, "payload": payload}).decode()


def frame(type_: str, seq: int, payload: dict[str, object], audience: str = "tenant") -> Frame:
    """A frame of its own, as for `pong`."""
    text = encode(type_, seq, payload)
    return Frame(seq, audience, text, frames.Frame(frames.Opcode.TEXT, text.encode()).serialize(mask=False))


def frame_of(event: LiveEvent) -> Frame:
    """The frame of a stored event."""
    return frame(event.type, event.seq, event.payload, event.audience)


class Subscriber:
    """One client: frames wait in a bounded line while it catches up, then each is written to it as it comes."""

    def __init__(self, role: str, *, capacity: int = 256) -> None:
        """`role` decides which audiences it hears; `capacity` is how many frames may wait while it catches up."""
        self.role = role
        self.fell_behind = asyncio.Event()
        self._capacity = capacity
        self._waiting: list[Frame] = []
        self._write: Write | None = None
        self._last = 0

    def offer(self, frame: Frame) -> bool:
        """Pass a frame on. False when the client can't keep up: it is lost and hears nothing more."""
        if frame.audience not in ("tenant", self.role):
            return True
        if self._write is not None:
            return self._tell(self._write, frame)
        if len(self._waiting) >= self._capacity:
            self.fell_behind.set()
            return False
        self._waiting.append(frame)
        return True

    def attach(self, write: Write, last: int) -> None:
        """From now on frames are written at once; those up to number `last` have been heard already."""
        self._last = last
        waiting, self._waiting = self._waiting, []
        self._write = write
        for each in waiting:
            self._tell(write, each)

    def _tell(self, write: Write, frame: Frame) -> bool:
        if frame.seq:
            if frame.seq <= self._last:
                return True
            self._last = frame.seq
        if write(frame.wire):
            return True
        self.fell_behind.set()
        return False


class _Room:
    """The clients of one tenant, and up to which number they were told."""

    def __init__(
        self, tenant_id: UUID, position: int, read_since: ReadSince, retry_seconds: float, told: Callable[[int], None]
    ) -> None:
        self.subscribers: set[Subscriber] = set()
        self._told = told
        self._tenant_id = tenant_id
        self._position = position
        self._target = position
        self._read_since = read_since
        self._retry_seconds = retry_seconds
        self._news = asyncio.Event()
        self.task = asyncio.create_task(self._run(), name="live-room")

    def announce(self, seq: int) -> None:
        if seq > self._position:
            self._target = max(self._target, seq)
            self._news.set()

    async def _run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                while self._position < self._target and await self._tell():
                    pass
            except Exception as error:  # noqa: BLE001 - the room outlives whatever the database does
                _log.warning("live_read_failed", tenant_id=str(self._tenant_id), error_class=type(error).__name__)
                await asyncio.sleep(self._retry_seconds)
                self._news.set()

    async def _tell(self) -> bool:
        events = await self._read_since(self._tenant_id, self._position, _READ_AT_ONCE)
        for event in events:
            told = frame_of(event)
            self._position = event.seq
            lost = [subscriber for subscriber in self.subscribers if not subscriber.offer(told)]
            self.subscribers.difference_update(lost)
            self._told(len(self.subscribers))
        return bool(events)


class Hub:
    """All rooms of this process. A room exists while somebody is in it."""

    def __init__(
        self,
        read_since: ReadSince,
        read_newest: ReadNewest,
        *,
        max_per_tenant: int = 500,
        retry_seconds: float = 1.0,
        told: Callable[[int], None] = lambda _count: None,
    ) -> None:
        """`read_since(tenant_id, seq, limit)` and `read_newest(tenant_id)` ask the database, again when that fails.

        `told` is called with the number of clients that a frame went to.
        """
        self._told = told
        self._read_since = read_since
        self._read_newest = read_newest
        self._max_per_tenant = max_per_tenant
        self._retry_seconds = retry_seconds
        self._rooms: dict[UUID, _Room] = {}
        self._opening = asyncio.Lock()

    async def join(self, tenant_id: UUID, subscriber: Subscriber) -> None:
        """From now on `subscriber` is offered each event. Raises RateLimited when the tenant has too many clients."""
        async with self._opening:
            room = self._rooms.get(tenant_id)
            if room is None:
                # An event that commits while this is read is not announced to the room; the client finds it when it
                # catches up, which it does after joining.
                position = await self._read_newest(tenant_id)
                room = self._rooms[tenant_id] = _Room(
                    tenant_id, position, self._read_since, self._retry_seconds, self._told
                )
            if len(room.subscribers) >= self._max_per_tenant:
                message = "Too many live connections of this company; close some of them"
                raise RateLimited(message)
            room.subscribers.add(subscriber)

    async def leave(self, tenant_id: UUID, subscriber: Subscriber) -> None:
        """`subscriber` hears nothing more; an empty room is closed."""
        async with self._opening:
            room = self._rooms.get(tenant_id)
            if room is None:
                return
            room.subscribers.discard(subscriber)
            if not room.subscribers:
                del self._rooms[tenant_id]
                room.task.cancel()

    def announce(self, tenant_id: UUID, seq: int) -> None:
        """The tenant has events up to `seq`."""
        room = self._rooms.get(tenant_id)
        if room:
            room.announce(seq)

    async def recheck(self) -> None:
        """Ask the database where each room stands, as after a time in which no announcement could be heard."""
        for tenant_id in list(self._rooms):
            self.announce(tenant_id, await self._read_newest(tenant_id))

    @property
    def clients(self) -> int:
        """How many clients are connected to this process."""
        return sum(len(room.subscribers) for room in self._rooms.values())

    async def close(self) -> None:
        """Stop all rooms."""
        rooms, self._rooms = list(self._rooms.values()), {}
        for room in rooms:
            room.task.cancel()
        await asyncio.gather(*(room.task for room in rooms), return_exceptions=True)
