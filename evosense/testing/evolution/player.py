"""Plays scenes on the server: weeks of history at boot, live traffic at a rate, bursts for benchmarks."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from evosense.errors import InvalidInput
from evosense.testing.evolution.config import InstanceSpec
from evosense.testing.evolution.drafts import Draft
from evosense.testing.evolution.instances import Instance
from evosense.testing.evolution.stage import Cast, Rework, Stage
from evosense.testing.scenes import BUSINESSES, LiveScenes, history

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evosense.testing.evolution.server import EvolutionStandIn

_DAY_S = 86_400.0
_CHUNK = 100
_MOST_BACKLOG = 16 * 1024 * 1024
_STEADY_RATE = 5.0


class Player:
    """What happens on the phones of the instances that play scenes."""

    def __init__(self, server: EvolutionStandIn) -> None:
        self.server = server
        self.rate = server.config.rate
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stages: list[Stage] = []
        self._timers: set[asyncio.TimerHandle] = set()

    def prepare(self) -> None:
        """Write the past into the store: all of it at the first start, later what happened since the last one."""
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
        self.server.whatsapp.backlog(instance, Cast(instance, self.server.whatsapp.rng).past(scenes))
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
                self._send(self._live_stages(), count, with_receipts=True)

    def _live_stages(self) -> list[Stage]:
        if not self._stages:
            self._stages = [self._stage(instance.business, [instance]) for instance in self._actors()]
        return self._stages

    def _stage(self, business: str | None, instances: Sequence[Instance]) -> Stage:
        rng = self.server.whatsapp.rng
        scenes = LiveScenes(
            business or BUSINESSES[0],
            self._seed(instances[0]),
            clock=self.server.bus.clock,
            timezone=self.server.config.timezone,
            story=f"live:{self.server.database.last_row()}",
        )
        return Stage(scenes, [Cast(instance, rng) for instance in instances])

    def _seed(self, instance: Instance) -> str:
        return f"{self.server.config.seed}:{instance.name}"

    def _actors(self) -> list[Instance]:
        return [one for one in self.server.instances.values() if one.business and one.state == "open"]

    def _send(self, stages: Sequence[Stage], count: int, *, with_receipts: bool) -> int:
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

    async def burst(self, count: int, *, rate: float = 0.0, names: Sequence[str] | None = None) -> int:
        """Send `count` messages over the named instances (default: all), at a rate or as fast as clients take them.

        Returns when the last one was emitted; how many is the answer.
        """
        instances = (
            [self.server.instance(name) for name in names] if names else list(self.server.instances.values())
        )
        stages = [self._stage(business, instances) for business in BUSINESSES]
        loop = asyncio.get_running_loop()
        begin, sent = loop.time(), 0
        while sent < count:
            allowed = count if not rate else int((loop.time() - begin) * rate) + 1
            step = min(_CHUNK, count - sent, allowed - sent)
            if step > 0:
                sent += self._send(stages, step, with_receipts=False)
            await asyncio.sleep(0.002 if rate else 0)
            while self.server.hub.backlog_bytes > _MOST_BACKLOG:
                await asyncio.sleep(0.002)
        return sent

    def history_frame(self, name: str, count: int, text_bytes: int = 0) -> list[str]:
        """One `messages.set` with `count` messages, each text at least `text_bytes` long; returns the ids."""
        instance = self.server.instance(name)
        stage = self._stage(instance.business, [instance])
        drafts: list[Draft] = []
        while len(drafts) < count:
            made = stage.next()[1]
            if isinstance(made, Draft) and made.kind == "text":
                longer = (
                    " ".join([made.text] * (text_bytes // max(1, len(made.text)) + 1))
                    if text_bytes
                    else made.text
                )
                drafts.append(replace(made, text=longer, secret=True, via_api=False, quote=None))
        before = self.server.database.last_row()
        self.server.whatsapp.backlog(instance, drafts)
        rows = self.server.database.after_row(name, before, self.server.database.last_row(), count)
        self.server.lifecycle.send_history(instance, rows, is_last=True)
        return [row.key_id for row in rows]

    def add_instances(self, body: dict[str, Any]) -> list[dict[str, str]]:
        """One named instance, or `count` of them called `prefix-0000` and so on; paired and open.

        Raises:
            InvalidInput: A name is taken.
        """
        if "count" in body:
            prefix = str(body.get("prefix") or "bench")
            names = [f"{prefix}-{number:04d}" for number in range(int(body["count"]))]
        else:
            names = [str(body["name"])]
        if taken := [name for name in names if name in self.server.instances]:
            raise InvalidInput(f"There is an instance called {taken[0]} already.")
        added: list[dict[str, str]] = []
        for name in names:
            spec = InstanceSpec(
                name=name,
                token=str(body.get("token") or f"token-{name}"),
                business=body.get("business"),
                number=str(body.get("number") or f"55119{len(self.server.instances):08d}"),
            )
            instance = Instance.from_spec(spec, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.000Z")
            self.server.adopt(instance)
            self.server.lifecycle.boot(instance)
            added.append({"name": name, "token": spec.token, "instance_id": spec.id})
        self._stages = []
        return added

    def stats(self) -> dict[str, Any]:
        """What was stored, emitted and written, and how the server is set."""
        server = self.server
        instances = {
            one.name: {
                "stored": server.database.count(one.name),
                "events": server.hub.emitted.get(one.namespace, 0),
                "delivered_events": server.hub.delivered.get(one.namespace, 0),
                "members": server.hub.members(one.namespace),
                "state": one.state,
            }
            for one in server.instances.values()
        }
        return {
            "instances": instances,
            "links": len(server.hub.links),
            "backlog_bytes": server.hub.backlog_bytes,
            "rate": self.rate,
            "faults": asdict(server.dice.faults),
            "webhooks": asdict(server.webhooks.stats),
        }
