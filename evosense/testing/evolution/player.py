"""Plays scenes on the server: weeks of history at boot, then live traffic at a rate."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from evosense.testing.evolution.drafts import Draft
from evosense.testing.evolution.stage import Cast, Rework, Stage
from evosense.testing.scenes import BUSINESSES, LiveScenes, history

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evosense.testing.evolution.installation import Installation
    from evosense.testing.evolution.instances import Instance

_DAY_S = 86_400.0
_STEADY_RATE = 5.0


class Player:
    """What happens on the phones of the instances that play scenes."""

    def __init__(self, server: Installation) -> None:
        self.server = server
        self.rate = server.config.rate
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stages: list[Stage] = []
        self._timers: set[asyncio.TimerHandle] = set()

    def prepare(self) -> None:
        """Write the past into the store: all of it at first, later what happened since the last start."""
        days = self.server.config.history_days
        if days <= 0:
            return
        for instance in self._actors():
            self._catch_up(instance, days)

    def _catch_up(self, instance: Instance, days: float) -> None:
        database, now = self.server.database, self.server.bus.clock()
        newest = database.newest(instance.name)
        start = max(now - days * _DAY_S, instance.played_until, newest + 1.0)
        before = database.last_row()
        scenes = history(
            instance.business or BUSINESSES[0],
            self._seed(instance),
            start,
            now,
            per_day=self.server.config.history_per_day,
            timezone=self.server.config.timezone,
        )
        self.server.whatsapp.backlog(instance, self.cast(instance).past(scenes))
        if instance.history_through >= instance.history_until:
            instance.history_through = before
        instance.history_until, instance.played_until = database.last_row(), now
        database.save_instance(instance)

    def start(self) -> None:
        """Begin live traffic."""
        self._stages = []
        self._wake = asyncio.Event()
        self._task = asyncio.create_task(self._play())
        self.set_rate(self.rate)

    async def stop(self) -> None:
        """End live traffic."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def recast(self) -> None:
        """Instances came or went: the next live message looks again who plays."""
        self._stages = []

    def set_rate(self, rate: float) -> None:
        """Messages per second over all instances that have a business; 0 pauses."""
        self.rate = rate
        self._wake.set() if rate > 0 else self._wake.clear()

    async def _play(self) -> None:
        loop = asyncio.get_running_loop()
        due, gap, last = 0.0, 1.0, loop.time()
        while True:
            if not self._wake.is_set():
                await self._wake.wait()
                last = loop.time()
            await asyncio.sleep(min(0.25, max(0.01, 0.5 / self.rate)))
            now = loop.time()
            due, last = due + (now - last) * self.rate, now
            count = 0
            while due >= gap:
                due, count = due - gap, count + 1
                # Slow traffic comes at uneven times, as people do; fast traffic at an even rate.
                gap = self.server.dice.rng.expovariate(1.0) if self.rate < _STEADY_RATE else 1.0
            if count:
                self.send(self._live_stages(), count, with_receipts=True)

    def _live_stages(self) -> list[Stage]:
        if not self._stages:
            self._stages = [self.stage(instance.business, [instance]) for instance in self._actors()]
        return self._stages

    def stage(self, business: str | None, instances: Sequence[Instance]) -> Stage:
        """A new present of a business, spread over instances."""
        scenes = self.scenes(business or BUSINESSES[0], self._seed(instances[0]))
        return Stage(scenes, [self.cast(instance) for instance in instances])

    def scenes(self, business: str, seed: str) -> LiveScenes:
        """Live scenes that do not repeat those of an earlier run on the same database."""
        return LiveScenes(
            business,
            seed,
            clock=self.server.bus.clock,
            timezone=self.server.config.timezone,
            story=f"live:{self.server.database.last_row()}",
        )

    def cast(self, instance: Instance) -> Cast:
        """Who plays for an instance."""
        return Cast(instance, self.server.whatsapp.rng, self.server.bus.clock)

    def _seed(self, instance: Instance) -> str:
        return f"{self.server.config.seed}:{instance.name}"

    def _actors(self) -> list[Instance]:
        return [one for one in self.server.instances.values() if one.business and one.state == "open"]

    def send(self, stages: Sequence[Stage], count: int, *, with_receipts: bool) -> int:
        """Let `count` things happen; messages of one instance in a row are stored together."""
        pick = self.server.dice.rng
        sent = 0
        batches: dict[str, list[Draft]] = {}
        for _ in range(count if stages else 0):
            instance, made = stages[int(pick.random() * len(stages))].next()
            if isinstance(made, Draft):
                batches.setdefault(instance.name, []).append(made)
                sent += 1
            else:
                self._flush(batches, with_receipts=with_receipts)
                self._rework(instance, made)
        self._flush(batches, with_receipts=with_receipts)
        return sent

    def _flush(self, batches: dict[str, list[Draft]], *, with_receipts: bool) -> None:
        for name, drafts in batches.items():
            instance = self.server.instances.get(name)
            if instance is None:
                continue
            self.server.whatsapp.receive(instance, drafts)
            if with_receipts:
                for draft in drafts:
                    self._receipts(instance, draft)
        batches.clear()

    def _rework(self, instance: Instance, made: Rework) -> None:
        if made.text is None:
            self.server.whatsapp.revoke(instance, made.draft)
        else:
            self.server.whatsapp.edit(instance, made.draft, made.text)

    def _receipts(self, instance: Instance, draft: Draft) -> None:
        """The customer's phone got an agent's message, and mostly it is read."""
        if not draft.from_me:
            return
        rng = self.server.dice.rng
        wait = rng.uniform(0.4, 2.0)
        self._later(wait, instance, draft, "DELIVERY_ACK")
        if rng.random() < 0.8:
            self._later(wait + rng.uniform(1.0, 15.0), instance, draft, "READ")

    def _later(self, seconds: float, instance: Instance, draft: Draft, status: str) -> None:
        def tell() -> None:
            self._timers.discard(timer)
            self.server.whatsapp.status(instance, draft, status)

        timer = asyncio.get_running_loop().call_later(seconds, tell)
        self._timers.add(timer)
