"""The switchboard: one running link for each group of connections that share a server and a token."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import UUID

from ingestion.crew import Crew
from ingestion.held import Held

LinkKey = tuple[str, str, str]


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

    def __init__(
        self,
        make_link: Callable[[Held], AnyLink],
        crew: Crew,
        *,
        forget: Callable[[UUID], None],
        failed: Callable[[Held], None],
    ) -> None:
        """`make_link` makes the right kind of link.

        `forget` is told of connections no longer held, `failed` of those whose link failed and will begin again.
        """
        self._make_link = make_link
        self._crew = crew
        self._forget = forget
        self._failed = failed
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
            self._links[key] = (link, asyncio.create_task(self._crew.keep("link", link.run, lambda: self._lost(key))))
            return
        known[0].update(group)
        if any(one.recipient.tenant_id in retry for one in group):
            known[0].retry()

    def _lost(self, key: LinkKey) -> None:
        for held in self._groups.get(key, ()):
            self._failed(held)

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
