"""The switchboard: one running link for each group of connections that share a server and a token."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import UUID

from evosense.log import get_logger
from ingestion.held import Held

LinkKey = tuple[str, str, str]
_log = get_logger(__name__)


class AnyLink(Protocol):
    """What the two kinds of links have in common."""

    def update(self, connections: Sequence[Held]) -> None:
        """The connections to serve from now on."""
        ...

    def retry(self) -> None:
        """Try again after a refusal."""
        ...

    def reopen(self) -> None:
        """Open the link anew: the server seems not to tell us everything."""
        ...

    async def run(self) -> None:
        """Serve until cancelled."""
        ...


class Switchboard:
    """Starts, changes and stops links as the roster says."""

    def __init__(self, make_link: Callable[[Held], AnyLink], forget: Callable[[UUID], None]) -> None:
        """`make_link` makes the right kind of link; `forget` is told of connections no longer held."""
        self._make_link = make_link
        self._forget = forget
        self._links: dict[LinkKey, tuple[AnyLink, asyncio.Task[None]]] = {}
        self._groups: dict[LinkKey, list[Held]] = {}

    def serve(self, held: Sequence[Held], retry: set[UUID]) -> None:
        """Serve exactly `held`; links of tenants in `retry` try again if they were refused."""
        groups = _grouped(held)
        for key in self._links.keys() - groups.keys():
            self._links.pop(key)[1].cancel()
        for key, group in groups.items():
            self._serve_group(key, group, retry)
        serving = {one.id for one in held}
        served = {one.id for group in self._groups.values() for one in group}
        for connection_id in served - serving:
            self._forget(connection_id)
        self._groups = dict(groups)

    def served(self) -> list[tuple[AnyLink, Held]]:
        """What is served at the moment, with its link."""
        return [
            (self._links[key][0], held) for key, group in self._groups.items() if key in self._links for held in group
        ]

    def _serve_group(self, key: LinkKey, group: list[Held], retry: set[UUID]) -> None:
        known = self._links.get(key)
        if known is None or known[1].done():
            link = self._make_link(group[0])
            link.update(group)
            task = asyncio.create_task(link.run())
            task.add_done_callback(_tell_failure)
            self._links[key] = (link, task)
            return
        known[0].update(group)
        if any(one.recipient.tenant_id in retry for one in group):
            known[0].retry()

    async def stop(self) -> None:
        """Stop all links: nothing is read any more."""
        tasks = [task for _, task in self._links.values()]
        self._links.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _grouped(held: Sequence[Held]) -> dict[LinkKey, list[Held]]:
    """Connections by the link that they share; two of one instance (of two companies) never share one."""
    groups: dict[LinkKey, list[Held]] = defaultdict(list)
    taken: set[tuple[LinkKey, str]] = set()
    for one in sorted(held, key=lambda found: found.id):
        key = one.link_key
        if (key, one.namespace) in taken:
            key = (*key[:2], str(one.id))
        taken.add((key, one.namespace))
        groups[key].append(one)
    return groups


def _tell_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        # The roster's next tick starts it again.
        _log.error("link_failed", error_class=type(task.exception()).__name__)
