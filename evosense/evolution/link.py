"""One Socket.IO link to an Evolution server: several namespaces on one websocket, with back-pressure.

State of a namespace: offline → engine open → root joined → `40/ns,` (asked again after 0.5 s … 5 s with
jitter while the server says "Invalid namespace", because it makes namespaces lazily) → joined. The root
namespace is joined first
and always: it keeps a link alive that has no other namespace yet. Asking again needs no new link.

Nothing is parsed beyond a packet's header, no task is made per message, and whoever stops calling `receive`
slows the server down through TCP instead of filling memory. Pings are answered inside `receive`; a caller
that is stuck for long (its own queue is full) calls `keep_alive` meanwhile.
"""

from __future__ import annotations

import asyncio
import random
from types import TracebackType
from typing import Any, Final, Self, cast

import msgspec
import websockets
from websockets.asyncio.client import connect as ws_connect

from evosense.evolution.engineio import CLOSE, MESSAGE, PING, PONG, ProtocolError, parse_handshake, socket_url
from evosense.evolution.read_ahead import Allowance, PacedConnection, paced
from evosense.evolution.refusals import EvolutionRefused, EvolutionUnavailable, refusal
from evosense.evolution.socketio import (
    ROOT,
    Assembler,
    Packet,
    PacketType,
    encode_connect,
    encode_disconnect,
    load_json,
)
from evosense.evolution.wire_values import as_dict, as_text

MAX_FRAME_BYTES: Final = 64 * 2**20  # a history of 3,000 messages is one text frame of 5 MB; leave room for more
_FRAMES_AHEAD: Final = 64  # read ahead of the caller, then TCP pushes back; `read_ahead` bounds their bytes
_LOOK_EVERY_S: Final = 15.0
_SILENCE_MOST_S: Final = 120.0  # Evolution announces 45; a server that announces hours could hold others up for as long
_RETRY_FIRST_S: Final = 0.5
_RETRY_MOST_S: Final = 5.0
_HANDSHAKE_S: Final = 10.0


class LinkClosed(EvolutionUnavailable):
    """The link to the Evolution server ended; connect again."""


class Joined(msgspec.Struct, frozen=True):
    """The server let us into `namespace`: from now on its events arrive."""

    namespace: str


class Left(msgspec.Struct, frozen=True):
    """The server put us out of `namespace`, or has not made it yet; joining is tried again."""

    namespace: str
    reason: str


class Link:
    """An open link. Use `connect`; call `join` for each namespace and `receive` in one loop."""

    def __init__(self, socket: PacedConnection, silence_limit_s: float) -> None:
        self._socket = socket
        self._silence_limit_s = min(silence_limit_s, _SILENCE_MOST_S)
        self._assembler = Assembler()
        self._wanted: dict[str, float] = {}  # namespace -> seconds until the next attempt
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._loop.time()
        self._watchdog = self._loop.call_later(min(self._silence_limit_s, _LOOK_EVERY_S), self._check_silence)
        self._unreadable = 0

    @property
    def protocol_errors(self) -> int:
        """Packets that could not be read, or whose attachments did not all come."""
        return self._unreadable + self._assembler.cut_short

    @property
    def namespaces(self) -> frozenset[str]:
        """The namespaces that are wanted, joined or not."""
        return frozenset(self._wanted)

    def join(self, namespace: str) -> None:
        """Ask for `namespace` (`/instance`) until the server lets us in; `receive` answers `Joined` then.

        Raises:
            ValueError: a comma in the name, which the protocol can't carry.
        """
        encode_connect(namespace)
        if namespace not in self._wanted:
            self._wanted[namespace] = _RETRY_FIRST_S
            self._ask(namespace)

    def leave(self, namespace: str) -> None:
        """Stop listening to `namespace`; its events on the way may still arrive."""
        if self._wanted.pop(namespace, None) is not None:
            timer = self._timers.pop(namespace, None)
            if timer:
                timer.cancel()
            self._post(encode_disconnect(namespace))

    async def receive(self) -> Packet | Joined | Left:
        """The next event packet or change of a namespace; pings are answered on the way.

        Raises:
            LinkClosed: the link ended, or the server was silent for longer than it announced.
        """
        while True:
            frame = await self._next_frame()
            try:
                answer = await self._handle(frame)
            except ProtocolError:
                self._unreadable += 1  # one bad packet never costs its neighbours
                continue
            finally:
                if not self._assembler.is_waiting:  # attachments that trickle in are silence
                    self._heard_at = self._loop.time()
            if answer is not None:
                return answer

    async def keep_alive(self) -> None:
        """Tell the server that we live although we don't read: an unasked pong restarts its clock."""
        await self._send(PONG)
        self._heard_at = self._loop.time()

    def abort(self) -> None:
        """Cut the link at once; `receive` raises LinkClosed."""
        self._socket.transport.abort()

    async def close(self) -> None:
        """End the link; harmless when it has ended already."""
        self._watchdog.cancel()
        for timer in self._timers.values():
            timer.cancel()
        for task in self._sending:
            task.cancel()
        await self._socket.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _next_frame(self) -> str | bytes:
        self._socket.kept = self._assembler.bytes
        try:
            return await self._socket.recv()
        except websockets.ConnectionClosed as error:
            raise LinkClosed("the link to the Evolution server ended") from error

    async def _handle(self, frame: str | bytes) -> Packet | Joined | Left | None:
        if isinstance(frame, str) and not frame.startswith(MESSAGE):
            if frame.startswith(PING):
                await self._send(PONG)
            elif frame.startswith(CLOSE):
                raise LinkClosed("the Evolution server closed the link")
            return None
        packet = self._assembler.feed(frame)
        if packet is None or packet.type in (PacketType.EVENT, PacketType.BINARY_EVENT):
            return packet
        return self._namespace_changed(packet)

    def _namespace_changed(self, packet: Packet) -> Joined | Left | None:
        namespace = packet.namespace
        if packet.type is PacketType.CONNECT:
            self._wanted[namespace] = _RETRY_FIRST_S if namespace in self._wanted else 0.0
            if self._wanted[namespace] == 0.0:
                del self._wanted[namespace]  # root, or left meanwhile
                return None
            return Joined(namespace)
        if packet.type not in (PacketType.CONNECT_ERROR, PacketType.DISCONNECT) or namespace not in self._wanted:
            return None
        self._retry_later(namespace)
        reason = "disconnected"
        if packet.type is PacketType.CONNECT_ERROR and packet.payload:
            reason = as_text(as_dict(load_json(packet.payload)).get("message")) or "refused"
        return Left(namespace, reason[:80])

    def _retry_later(self, namespace: str) -> None:
        delay = self._wanted[namespace]
        self._wanted[namespace] = min(delay * 1.5, _RETRY_MOST_S)
        jitter = random.uniform(0.8, 1.2)  # noqa: S311 - spreads retries, protects nothing
        self._timers[namespace] = self._loop.call_later(delay * jitter, self._ask, namespace)

    def _ask(self, namespace: str) -> None:
        self._timers.pop(namespace, None)
        if namespace in self._wanted:
            self._post(encode_connect(namespace))

    def _post(self, frame: str) -> None:
        task = self._loop.create_task(self._send(frame))
        self._sending.add(task)
        task.add_done_callback(self._posted)

    def _posted(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        if not task.cancelled():
            task.exception()  # a closed link is told by `receive`; mark the error as seen

    async def _send(self, frame: str) -> None:
        try:
            await self._socket.send(frame)
        except websockets.ConnectionClosed as error:
            raise LinkClosed("the link to the Evolution server ended") from error

    def _check_silence(self) -> None:
        if self._socket.is_held_back:
            self._post(PONG)  # as `keep_alive`: we don't read, the server is not silent
            self._heard_at = self._loop.time()
        rest = self._heard_at + self._silence_limit_s - self._loop.time()
        if rest <= 0:
            self._socket.transport.abort()  # `receive` raises LinkClosed
        else:
            self._watchdog = self._loop.call_later(min(rest, _LOOK_EVERY_S), self._check_silence)


async def connect(
    base_url: str,
    api_key: str,
    *,
    max_frame_bytes: int = MAX_FRAME_BYTES,
    allowance: Allowance | None = None,
    **options: Any,
) -> Link:
    """Open a link to the server at `base_url` with a token or the global key, root namespace joined; close it.

    Args:
        base_url: e.g. `https://evo.example.com`.
        api_key: sent as the header `apikey`, never in the address.
        max_frame_bytes: larger frames end the link.
        allowance: shared by the links of a process; a link alone has its own.
        options: go to `websockets` (e.g. `sock`, `host`, for a pinned address).

    Raises:
        EvolutionRefused: the server refuses for good; `reason` says why.
        EvolutionUnavailable: it is away, or answered with an error that may pass.
    """
    socket = await _open(base_url, api_key, max_frame_bytes, allowance or Allowance(), options)
    try:
        async with asyncio.timeout(_HANDSHAKE_S):
            handshake = parse_handshake(await socket.recv())
            await socket.send(encode_connect(ROOT))
    except ProtocolError as error:
        await socket.close()
        raise EvolutionRefused("not_socketio", "the server does not speak Socket.IO over Engine.IO 4") from error
    except (websockets.ConnectionClosed, TimeoutError) as error:
        await socket.close()
        raise EvolutionUnavailable("the Evolution server ended the handshake") from error
    return Link(socket, handshake.silence_limit_s)


async def _open(
    base_url: str, api_key: str, max_frame_bytes: int, allowance: Allowance, options: dict[str, Any]
) -> PacedConnection:
    try:
        socket = await ws_connect(
            socket_url(base_url),
            additional_headers={"apikey": api_key},
            compression=None,
            ping_interval=None,  # Engine.IO has its own
            open_timeout=_HANDSHAKE_S,
            close_timeout=1,
            max_size=max_frame_bytes,
            max_queue=_FRAMES_AHEAD,
            proxy=None,
            create_connection=paced(allowance),
            **options,
        )
    except websockets.InvalidStatus as error:
        raise refusal(error.response.status_code, bytes(error.response.body or b"")) from error
    except (OSError, TimeoutError, websockets.InvalidHandshake) as error:
        raise EvolutionUnavailable("the Evolution server can't be reached") from error
    # Of no use any more, and 3 KB a link for months. The protocol's parser holds on to the response itself.
    socket.request = None
    if socket.response is not None:
        socket.response.headers.clear()
    return cast("PacedConnection", socket)
