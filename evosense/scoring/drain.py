"""The drain: claims AI tasks as they come, asks, writes back, and sleeps on LISTEN when there is nothing to do.

It is the same loop in a Dagster run, in `evosense score` and in tests. Scores go through a pipeline that keeps the
backends busy (evosense.scoring.pipeline); embeddings in batches, each claimed as soon as the former one is written.
Whatever dies, leases run out and another drain takes over.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from evosense.ai.embedder_in_use import identify
from evosense.ai.fleet import Fleet, Resting
from evosense.ai.model_config import ModelConfig
from evosense.ai.protocols import Embedder, Scorer
from evosense.ai.shards import SHARDS
from evosense.ai.tasks import (
    CHANNEL,
    KINDS,
    Kind,
    Task,
    claim,
    give_up,
    reclaim,
    register_model,
    renew,
)
from evosense.db.database import AsyncPool, connect
from evosense.db.ids import EVERYONE, new_id
from evosense.embeddings.embed_batch import embed_batch
from evosense.log import get_logger
from evosense.prompts.registry import ensure_default
from evosense.scoring.models import Done
from evosense.scoring.pipeline import AWAY, PipelineOptions, Report, ScorePipeline
from evosense.scoring.presence import application_name
from evosense.scoring.results import Outcome, of_embedded

_log = get_logger(__name__)
_BACKOFF_SECONDS = (0.5, 1.0, 2.0, 5.0)
_LAST_BATCH_SECONDS = 5.0
_MEET_EVERY_TICKS = 10


@dataclass(frozen=True, slots=True)
class DrainOptions:
    """How a drain works.

    Attributes:
        shards: which of the 64 shards of chats it serves.
        batch: tasks claimed at once, at most.
        lease_seconds: how long a silent worker keeps its tasks; renewed at a third of it.
        tick_seconds: how often it looks for expired leases and due retries without being told.
        name: what its LISTEN connection is called, so that others see it is there; empty: a name of its own.
    """

    shards: Sequence[int] = field(default_factory=lambda: range(SHARDS))
    batch: int = 256
    lease_seconds: float = 15.0
    tick_seconds: float = 3.0
    name: str = ""


class Drain:
    """Works on the task table until it is told to stop.

    `report` hears what became of each batch: kinds, days, statuses and times, no text.
    """

    def __init__(
        self,
        url: str,
        pool: AsyncPool,
        scorer: Scorer | Fleet,
        embedder: Embedder,
        *,
        options: DrainOptions | None = None,
        report: Report = lambda _done: None,
    ) -> None:
        """`url` must not be pooled, for LISTEN; `pool` is in the role evosense_pipeline.

        `scorer` scores for everybody; a fleet knows several, and each tenant's own.
        """
        self._url = url
        self._pool = pool
        self._fleet = scorer if isinstance(scorer, Fleet) else Fleet.of(scorer)
        self._embedder = embedder
        self._options = options or DrainOptions()
        self._report = report
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{new_id().hex[-8:]}"
        self._application = application_name(self._options.name or self._owner[-40:])
        self._embed_wake = asyncio.Event()
        self._registered: set[str] = set()
        options_of_pipeline = PipelineOptions(
            self._options.batch, self._options.lease_seconds, self._options.tick_seconds
        )
        self._scores = ScorePipeline(
            pool, self._fleet, self._claim_scores, options_of_pipeline, lambda done: self._report(done)
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; the batch in hand is finished first, within a few seconds."""
        await self._insist(self.prepare, stop)
        helpers = [asyncio.create_task(self._listen()), asyncio.create_task(self._tick())]
        workers = [asyncio.create_task(self._scores.run(stop)), asyncio.create_task(self._embed(stop))]
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([*workers, stopping], return_when=asyncio.FIRST_COMPLETED)
            self._rouse()
            # A worker that hangs on a database that is away is let go: its tasks come back with their lease.
            await asyncio.wait(workers, timeout=_LAST_BATCH_SECONDS)
            for worker in workers:
                if worker.done():
                    worker.result()
        finally:
            stopping.cancel()
            for task in (*helpers, *workers):
                task.cancel()
            await asyncio.gather(*helpers, *workers, return_exceptions=True)

    async def run_once(self, kinds: Sequence[Kind] = KINDS) -> int:
        """Work until nothing of these kinds is due any more; answers how many tasks were claimed."""
        await self.prepare()
        async with self._pool.connection() as connection:
            await reclaim(connection)
        claimed = await self._scores.run_until_idle() if "score" in kinds else 0
        while "embed" in kinds and (tasks := await self._claim_embeds()):
            claimed += len(tasks)
            await self._process(tasks)
        return claimed

    async def prepare(self) -> None:
        """Seed the built-in prompt and name the models, so that every inference points to something."""
        async with self._pool.connection() as connection:
            await ensure_default(connection)
        await self._meet_backends()

    async def _meet_backends(self) -> None:
        """Take the lists of backends as they are now, learn which weights answer, and keep what is new of that."""
        async with self._pool.connection() as connection:
            await self._fleet.load(connection)
        await self._fleet.identify()
        failure = await identify(self._embedder)
        await self._register((*self._fleet.configs, *(() if failure else (self._embedder.config,))))

    async def _register(self, configs: Sequence[ModelConfig]) -> None:
        new = [config for config in configs if config.config_hash not in self._registered]
        if new:
            async with self._pool.connection() as connection:
                for config in new:
                    await register_model(connection, config, EVERYONE)
            self._registered.update(config.config_hash for config in new)

    async def _embed(self, stop: asyncio.Event) -> None:
        due_in = 0.0
        while not stop.is_set():
            self._embed_wake.clear()
            tasks: list[Task] = []
            try:
                tasks = await self._claim_embeds()
                due_in = await self._process(tasks) if tasks else due_in
            except AWAY as error:
                # The database is away; what was leased comes back when the lease runs out.
                _log.warning("drain_waits_for_database", kind="embed", error_class=type(error).__name__)
                await _pause(self._options.tick_seconds, stop)
            if not tasks:
                await _pause(min(due_in or self._options.tick_seconds, self._options.tick_seconds), self._embed_wake)
                due_in = 0.0

    async def _claim_embeds(self) -> list[Task]:
        """Nothing while the embedding server is away: its work waits, and scores go on."""
        before = self._embedder.config
        failure = await identify(self._embedder)
        if failure is not None:
            _log.warning("drain_waits_for_embedder", error_class=failure.error_class)
            return []
        if self._embedder.config != before:
            await self._register((self._embedder.config,))
        return await self._claim("embed", self._options.batch)

    async def _claim_scores(self, limit: int, resting: Resting) -> list[Task]:
        return await self._claim("score", limit, resting)

    async def _claim(self, kind: Kind, limit: int, resting: Resting | None = None) -> list[Task]:
        async with self._pool.connection() as connection:
            return await claim(
                connection,
                kind,
                owner=self._owner,
                shards=self._options.shards,
                limit=limit,
                lease_seconds=self._options.lease_seconds,
                resting=resting.tenants if resting else (),
                only=resting.only if resting else None,
            )

    async def _process(self, tasks: Sequence[Task]) -> float:
        """Embed a batch; answers in how many seconds its first retry is due, 0 when none is."""
        async with self._lease(tasks):
            outcome = await self._run_batch(tasks)
        self._report(outcome.done)
        return outcome.next_retry_seconds or 0.0

    async def _run_batch(self, tasks: Sequence[Task]) -> Outcome:
        try:
            return of_embedded(await embed_batch(self._pool, self._embedder, tasks))
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - one task that can't be written must not hold the others up
            _log.warning("drain_batch_failed", kind="embed", batch=len(tasks), error_class=type(error).__name__)
            if len(tasks) > 1:
                outcomes = [await self._run_batch([task]) for task in tasks]
                return Outcome(
                    [done for outcome in outcomes for done in outcome.done],
                    min((o.next_retry_seconds for o in outcomes if o.next_retry_seconds), default=None),
                )
            async with self._pool.connection() as connection:
                await give_up(connection, [(tasks[0], type(error).__name__)])
            return Outcome([Done("embed", None, "failed")])

    @asynccontextmanager
    async def _lease(self, tasks: Sequence[Task]) -> AsyncGenerator[None]:
        """Keep the leases alive while the batch is worked on."""
        renewing = asyncio.create_task(self._renew(tasks))
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _renew(self, tasks: Sequence[Task]) -> None:
        while True:
            await asyncio.sleep(self._options.lease_seconds / 3)
            try:
                async with self._pool.connection() as connection:
                    await renew(connection, tasks, self._options.lease_seconds)
            except AWAY as error:
                _log.warning("drain_lease_not_renewed", error_class=type(error).__name__)

    async def _tick(self) -> None:
        """Take back what dead drains hold, every few seconds; look at the backends now and then."""
        for turn in itertools.count(1):
            try:
                if turn % _MEET_EVERY_TICKS == 0 or self._fleet.has_unidentified:
                    await self._meet_backends()
                async with self._pool.connection() as connection:
                    reclaimed = await reclaim(connection)
                if reclaimed:
                    _log.info("drain_reclaimed", tasks=reclaimed)
                    self._rouse()
            except AWAY as error:
                _log.warning("drain_waits_for_database", error_class=type(error).__name__)
            await asyncio.sleep(self._options.tick_seconds)

    async def _listen(self) -> None:
        """Wake the workers when somebody enqueues; a lost connection is opened again."""
        failures = 0
        while True:
            try:
                async with await connect(self._url, "evosense_pipeline", application=self._application) as connection:
                    await connection.execute(f"listen {CHANNEL}")
                    failures = 0
                    self._rouse()  # what was announced while nobody listened
                    async for notice in connection.notifies():
                        self._rouse(notice.payload)
            except AWAY as error:
                _log.warning("drain_not_listening", error_class=type(error).__name__)
            await asyncio.sleep(_BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)])
            failures += 1

    def _rouse(self, payload: str = "") -> None:
        if payload in ("", "score"):
            self._scores.nudge()
        if payload in ("", "embed"):
            self._embed_wake.set()

    async def _insist(self, action: Callable[[], object], stop: asyncio.Event) -> None:
        """Run an async action until the database lets it through or `stop` is set."""
        while not stop.is_set():
            try:
                await action()  # pyright: ignore[reportGeneralTypeIssues]
            except AWAY as error:
                _log.warning("drain_waits_for_database", error_class=type(error).__name__)
                await _pause(self._options.tick_seconds, stop)
            else:
                return


async def _pause(seconds: float, until: asyncio.Event) -> None:
    """Wait for the event, at most so long."""
    try:
        await asyncio.wait_for(until.wait(), timeout=seconds)
    except TimeoutError:
        return
