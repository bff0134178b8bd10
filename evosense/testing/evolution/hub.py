"""Namespaces and who listens on them: what Socket.IO keeps in memory, and loses when the process ends.

A namespace does not exist until the first event is emitted on it after boot, and that event goes to nobody.
There is no replay, no acknowledgement and no isolation: whoever holds any valid key may join any namespace.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Protocol

from evosense.testing.evolution.packing import ROOT, Packet

if TYPE_CHECKING:
    from collections.abc import Callable

    from evosense.testing.evolution.faults import FaultDice


class Member(Protocol):
    """A link as the hub needs it."""

    joined: set[str]

    @property
    def waiting_bytes(self) -> int:
        """What was written and the client has not taken yet."""
        ...

    def write(self, frames: bytes) -> None:
        """Hand over ready frames."""
        ...

    def cut(self, half: Packet | None = None) -> None:
        """Drop the link, after the head of `half` where one is given."""
        ...


class Hub:
    """The live half of the server: links, namespaces, and events on their way out."""

    def __init__(self, dice: FaultDice) -> None:
        self.dice = dice
        self.links: set[Member] = set()
        self.on_join: Callable[[str], None] = lambda namespace: None
        self.emitted: dict[str, int] = defaultdict(int)
        self.delivered: dict[str, int] = defaultdict(int)
        self._members: dict[str, set[Member]] = {ROOT: set()}
        self._held: dict[str, list[Packet]] = defaultdict(list)

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Namespaces that exist by now."""
        return tuple(self._members)

    def members(self, namespace: str) -> int:
        """How many links listen on a namespace."""
        return len(self._members.get(namespace, ()))

    def join(self, link: Member, namespace: str) -> bool:
        """Add a link to a namespace; False when the namespace does not exist yet."""
        members = self._members.get(namespace)
        if members is None:
            return False
        members.add(link)
        link.joined.add(namespace)
        # Told after the CONNECT answer was written: the client hears that it joined before it hears events.
        asyncio.get_running_loop().call_soon(self.on_join, namespace)
        return True

    def leave(self, link: Member, namespace: str) -> None:
        """Remove a link from one namespace."""
        link.joined.discard(namespace)
        self._members[namespace].discard(link)

    def forget(self, link: Member) -> None:
        """Remove a link that ended."""
        for namespace in tuple(link.joined):
            self.leave(link, namespace)
        self.links.discard(link)

    def wanted(self, namespace: str) -> bool:
        """Make the namespace exist, and say whether somebody is there to hear the event."""
        members = self._members.setdefault(namespace, set())
        self.emitted[namespace] += 1
        return bool(members)

    def publish(self, namespace: str, packet: Packet) -> None:
        """Send a packet to the members of a namespace, through the faults in force."""
        faults = self.dice.faults
        if faults.reorder_window > 1 or self._held.get(namespace):
            self._hold(namespace, packet)
            return
        self._write(namespace, packet)

    def _hold(self, namespace: str, packet: Packet) -> None:
        held = self._held[namespace]
        if not held:
            asyncio.get_running_loop().call_later(self.dice.faults.reorder_hold_s, self.release, namespace)
        held.append(packet)
        if len(held) >= self.dice.faults.reorder_window:
            self.release(namespace)

    def release(self, namespace: str) -> None:
        """Let held events go, shuffled."""
        held = self._held.pop(namespace, [])
        self.dice.rng.shuffle(held)
        for packet in held:
            self._write(namespace, packet)

    def _write(self, namespace: str, packet: Packet) -> None:
        frames = packet.frames()
        for link in tuple(self._members.get(namespace, ())):
            if self.dice.hits(self.dice.faults.cut):
                link.cut(packet if self.dice.rng.random() < 0.5 else None)
                continue
            link.write(frames)
            self.delivered[namespace] += 1

    @property
    def backlog_bytes(self) -> int:
        """The largest amount that one client has not taken yet."""
        return max((link.waiting_bytes for link in self.links), default=0)

    def cut_links(self) -> int:
        """Cut every link at once, without a close frame; returns how many there were."""
        links = tuple(self.links)
        for link in links:
            link.cut()
        return len(links)
