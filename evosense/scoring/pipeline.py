"""Keeping backends busy: claim ahead of the calls, ask concurrently, write what came in as batches.

Nothing waits for the slowest call of a batch: each answer is written with those that came in since the last write,
and each freed place is claimed again. Leases of all that is in hand are renewed together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg
from psycopg_pool import PoolTimeout

from evosense.ai.fleet import Fleet, Resting
from evosense.ai.lane import Lane
from evosense.ai.tasks import Task, give_up, renew
from evosense.db.database import AsyncPool
from evosense.log import get_logger
from evosense.scoring.answers import ask_local, ask_remote
from evosense.scoring.models import Done
from evosense.scoring.plan import Ask, plan_batch
from evosense.scoring.results import Outcome, Result, of_asked, of_plan, write

_log = get_logger(__name__)
AWAY = (psycopg.OperationalError, PoolTimeout)
# Tasks in hand per slot: one being asked, one ready to go, one being written; more of a backend that answers sooner
# than the next ones are read and the last ones are written.
_IN_HAND_PER_SLOT, _MOST_IN_HAND_PER_SLOT = 3, 10
_BESIDE_SECONDS = 0.4
_MOST_WRITTEN_AT_ONCE = 500
# While many calls are in flight, answers gather for so long before they are written together.
_LINGER_SECONDS = 0.02
_BUSY = 32
# A claim of so many is as cheap a task as any; larger ones hold up the replies that come in meanwhile.
_WORTH_ANY_CLAIM = 64
# So many questions are put together before replies get a look in.
_ASKED_AT_ONCE = 8
# A claim that brings so many is followed by another at once.
_MORE = 8
Claim = Callable[[int, Resting], Awaitable[list[Task]]]
Report = Callable[[Sequence[Done]], None]


@dataclass(frozen=True, slots=True)
class PipelineOptions:
    """Tasks claimed at once at most; how long leases are, and how often it looks without being told, in seconds."""

    batch: int
    lease_seconds: float
    tick_seconds: float


class ScorePipeline:
    """Works on score tasks that `claim` leases; `report` hears what became of them."""

    def __init__(self, pool: AsyncPool, fleet: Fleet, claim: Claim, options: PipelineOptions, report: Report) -> None:
        self._pool = pool
        self._fleet = fleet
        self._claim = claim
        self._options = options
        self._report = report
        self._held: dict[UUID, Task] = {}
        self._results: list[Result] = []
        self._arrived = asyncio.Event()
        self._look = asyncio.Event()
        self._has_room = asyncio.Event()
        self._is_told = False
        self._workers: set[asyncio.Task[None]] = set()

    def nudge(self) -> None:
        """There may be work: look now, however little room there is."""
        self._is_told = True
        self._look.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish what is in hand. Cancel it when that takes too long."""
        helpers = [asyncio.create_task(self._write_all()), asyncio.create_task(self._renew())]
        try:
            while not stop.is_set():
                await self._turn()
            await self._until_empty()
        finally:
            await _end([*helpers, *self._workers])

    async def run_until_idle(self) -> int:
        """Work until nothing is due and nothing is in hand; answers how many tasks were claimed."""
        helpers = [asyncio.create_task(self._write_all()), asyncio.create_task(self._renew())]
        claimed = 0
        try:
            while True:
                self._has_room.clear()
                tasks = await self._take(self._room())
                claimed += len(tasks)
                if not tasks and not self._held:
                    return claimed
                if not tasks or self._room() < self._worth_claiming():
                    await self._has_room.wait()
        finally:
            await _end([*helpers, *self._workers])

    async def _turn(self) -> None:
        """Claim if there is room for it; else wait for room, for news, or for the next tick."""
        self._look.clear()
        self._has_room.clear()
        told, self._is_told = self._is_told, False
        room = self._room()
        try:
            if room >= (1 if told else self._worth_claiming()):
                taken = len(await self._take(room))
                if taken < min(room, _MORE):
                    # Tenants take turns, so a few tasks may be one tenant's share of a long queue.
                    more = (self._has_room,) if taken > 2 else ()
                    await _first_of(self._options.tick_seconds, self._look, *more)
            else:
                self._is_told = told and room < 1
                await _first_of(self._options.tick_seconds, self._look, self._has_room)
        except AWAY as error:
            _log.warning("drain_waits_for_database", kind="score", error_class=type(error).__name__)
            await asyncio.sleep(min(self._options.tick_seconds, 1.0))

    def _capacity(self) -> int:
        remote = sum(tasks_in_hand(lane) for lane in self._fleet.lanes if lane.is_remote)
        return remote or self._options.batch

    def _room(self) -> int:
        return self._capacity() - len(self._held)

    def _worth_claiming(self) -> int:
        """A claim costs a round trip whatever it brings: one for a single place is too dear."""
        return max(min(self._capacity() // 4, _WORTH_ANY_CLAIM), 1)

    async def _take(self, room: int) -> list[Task]:
        """Claim and start working."""
        if room < 1:
            return []
        tasks = await self._claim(min(room, self._options.batch), self._fleet.resting())
        if tasks:
            self._held.update((task.id, task) for task in tasks)
            self._start(self._work(tasks))
        return tasks

    def _start(self, work: Awaitable[None]) -> None:
        worker = asyncio.ensure_future(work)
        self._workers.add(worker)
        worker.add_done_callback(self._workers.discard)

    async def _work(self, tasks: Sequence[Task]) -> None:
        try:
            async with self._pool.connection() as connection:
                plan = await plan_batch(connection, self._fleet, tasks)
        except AWAY as error:
            # The leases run out, and somebody takes these tasks again.
            _log.warning("drain_waits_for_database", kind="score", error_class=type(error).__name__)
            self._release([task.id for task in tasks])
            return
        except Exception as error:  # noqa: BLE001 - one task that can't be read must not hold the others up
            await self._apart(tasks, error)
            return
        self._put(of_plan(plan))
        local: dict[int, tuple[Lane, list[Ask]]] = {}
        for number, ask in enumerate(plan.asks, 1):
            if ask.lane.is_remote:
                self._start(self._ask(ask))
                if number % _ASKED_AT_ONCE == 0:
                    await asyncio.sleep(0)
            else:
                local.setdefault(id(ask.lane), (ask.lane, []))[1].append(ask)
        for lane, asks in local.values():
            self._put([of_asked(asked) for asked in await ask_local(lane.scorer, asks)])

    async def _apart(self, tasks: Sequence[Task], error: Exception) -> None:
        """Plan tasks one by one after a batch could not be planned."""
        _log.warning("drain_batch_failed", kind="score", batch=len(tasks), error_class=type(error).__name__)
        if len(tasks) == 1:
            self._put([Result(tasks[0], reason=type(error).__name__)])
            return
        for task in tasks:
            await self._work([task])

    async def _ask(self, ask: Ask) -> None:
        self._put([of_asked(await ask_remote(ask))])

    def _put(self, results: Sequence[Result]) -> None:
        if results:
            self._results.extend(results)
            self._arrived.set()

    async def _write_all(self) -> None:
        while True:
            await self._arrived.wait()
            if len(self._held) > _BUSY:
                await asyncio.sleep(_LINGER_SECONDS)
            batch = self._results[:_MOST_WRITTEN_AT_ONCE]
            del self._results[: len(batch)]
            if not self._results:
                self._arrived.clear()
            outcome = await self._insist(batch)
            self._release([result.task.id for result in batch])
            self._report(outcome.done)
            if outcome.next_retry_seconds is not None:
                asyncio.get_running_loop().call_later(outcome.next_retry_seconds + 0.01, self.nudge)

    async def _insist(self, batch: Sequence[Result]) -> Outcome:
        """Write, waiting for a database that is away: answers were paid for. The fences decide what still counts."""
        while True:
            try:
                return await self._write(batch)
            except AWAY as error:
                _log.warning("drain_waits_for_database", kind="score", error_class=type(error).__name__)
                await asyncio.sleep(min(self._options.tick_seconds, 1.0))

    async def _write(self, batch: Sequence[Result]) -> Outcome:
        try:
            return await write(self._pool, batch)
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - one task that can't be written must not hold the others up
            _log.warning("drain_batch_failed", kind="score", batch=len(batch), error_class=type(error).__name__)
            if len(batch) > 1:
                outcomes = [await self._write([result]) for result in batch]
                due = [o.next_retry_seconds for o in outcomes if o.next_retry_seconds is not None]
                return Outcome([done for o in outcomes for done in o.done], min(due, default=None))
            async with self._pool.connection() as connection:
                await give_up(connection, [(batch[0].task, type(error).__name__)])
            return Outcome([Done("score", None, "failed")])

    def _release(self, task_ids: Sequence[UUID]) -> None:
        for task_id in task_ids:
            self._held.pop(task_id, None)
        if not self._held or self._room() >= self._worth_claiming():
            self._has_room.set()

    async def _until_empty(self) -> None:
        while self._held:
            self._has_room.clear()
            await _pause(self._options.tick_seconds, self._has_room)

    async def _renew(self) -> None:
        """Keep the leases of all that is in hand alive."""
        while True:
            await asyncio.sleep(self._options.lease_seconds / 3)
            held = list(self._held.values())
            try:
                async with self._pool.connection() as connection:
                    await renew(connection, held, self._options.lease_seconds)
            except AWAY as error:
                _log.warning("drain_lease_not_renewed", error_class=type(error).__name__)


def tasks_in_hand(lane: Lane) -> int:
    """Tasks to hold for a backend, so that none of its slots waits for the database."""
    usual = lane.usual_seconds
    if usual is None:
        return _IN_HAND_PER_SLOT * lane.scorer.slots
    per_slot = 1 + _BESIDE_SECONDS / max(usual, 0.001)
    return round(min(max(per_slot, _IN_HAND_PER_SLOT), _MOST_IN_HAND_PER_SLOT) * lane.scorer.slots)


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _pause(seconds: float, until: asyncio.Event) -> None:
    """Wait for the event, at most so long."""
    try:
        await asyncio.wait_for(until.wait(), timeout=seconds)
    except TimeoutError:
        return


async def _first_of(seconds: float, *events: asyncio.Event) -> None:
    """Wait for any of the events, at most so long."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
