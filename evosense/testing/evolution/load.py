"""Work for benchmarks and fault tests: many instances, bursts, very large history frames."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from evosense.errors import InvalidInput
from evosense.testing.evolution.config import InstanceSpec
from evosense.testing.evolution.drafts import Draft
from evosense.testing.evolution.instances import Instance
from evosense.testing.evolution.stage import Stage
from evosense.testing.scenes import BUSINESSES, Reel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evosense.testing.evolution.installation import Installation
    from evosense.testing.evolution.player import Player

_CHUNK = 100
_SHORTEST_REEL, _LONGEST_REEL = 500, 8000
_MOST_BACKLOG = 16 * 1024 * 1024


class Load:
    """Makes a lot happen on demand."""

    def __init__(self, server: Installation, player: Player) -> None:
        self.server = server
        self.player = player
        self.late_ms: list[float] = []
        self._reel: Reel | None = None

    async def burst(self, count: int, *, rate: float = 0.0, names: Sequence[str] | None = None) -> int:
        """Send `count` messages over the named instances (default: all).

        At a rate, or as fast as clients take them.

        Texts repeat after 8,000 messages; ids never do. Returns when the last one was emitted; how many is
        the answer. `late_ms` holds how much later than its rate asks for each of the last burst was emitted.
        """
        instances = [self.server.instance(name) for name in names] if names else list(self.server.instances.values())
        reel = self._reel_for(count)
        stages = [Stage(reel, [self.player.cast(instance) for instance in instances])]
        loop = asyncio.get_running_loop()
        begin, sent = loop.time(), 0
        self.late_ms = []
        while sent < count:
            passed = loop.time() - begin
            allowed = count if not rate else int(passed * rate) + 1
            step = min(_CHUNK, count - sent, allowed - sent)
            if step > 0:
                if rate:
                    self.late_ms += [(passed - number / rate) * 1000 for number in range(sent, sent + step)]
                sent += self.player.send(stages, step, with_receipts=False)
            await asyncio.sleep(0.002 if rate else 0)
            while self.server.hub.backlog_bytes > _MOST_BACKLOG:  # noqa: ASYNC110 transports offer no event
                await asyncio.sleep(0.002)
        return sent

    def _reel_for(self, count: int) -> Reel:
        """Scenes for a burst, written once; a longer burst gets a longer reel."""
        length = min(_LONGEST_REEL, max(count, _SHORTEST_REEL))
        if self._reel is None or len(self._reel) < length:
            seed = f"{self.server.config.seed}:burst"
            self._reel = Reel([self.player.scenes(one, seed) for one in BUSINESSES], length)
        return self._reel

    def history_frame(self, name: str, count: int, text_bytes: int = 0) -> list[str]:
        """One `messages.set` with `count` messages, each text at least `text_bytes` long; returns the ids."""
        instance = self.server.instance(name)
        stage = self.player.stage(instance.business, [instance])
        drafts: list[Draft] = []
        while len(drafts) < count:
            made = stage.next()[1]
            if isinstance(made, Draft) and made.kind == "text":
                longer = " ".join([made.text] * (text_bytes // max(1, len(made.text)) + 1)) if text_bytes else made.text
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
        self.player.recast()
        return added
