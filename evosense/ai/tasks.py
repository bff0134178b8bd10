"""The task table, the one road to any model: claim with a lease, renew it, finish, put back, give up.

A lease carries a fence from a global sequence. Whoever finishes must show the fence and the generation it
claimed: a worker that slept past its lease, or whose message was edited meanwhile, finishes nothing.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import orjson
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import class_row

from evosense.ai.breaker import is_shut_out
from evosense.ai.model_config import ModelConfig
from evosense.ai.protocols import CallFailure
from evosense.db.arrays import BinaryArray, array
from evosense.db.ids import new_id
from evosense.db.named_queries import load

_QUERIES = load("evosense.ai")
CHANNEL = "evosense_ai_task"
Kind = Literal["score", "embed"]
KINDS: tuple[Kind, ...] = ("score", "embed")
Purpose = Literal["prod", "aa", "shadow", "replay"]

# One call and three retries.
RETRY_DELAYS_SECONDS = (1.0, 5.0, 25.0)
# Claims in a row that ended without any answer, because workers died. They use up no retry; only a message that
# seems to kill whoever takes it is given up.
MAX_CLAIMS = 20


@dataclass(frozen=True, slots=True)
class Task:
    """A leased piece of work.

    Attributes:
        attempts: calls that failed before this claim.
        claims: leases since the last answer or recorded failure, this one included; above 1 a worker died with it.
        queue_ms: the wait since it was asked for.
    """

    tenant_id: UUID
    id: UUID
    kind: Kind
    purpose: Purpose
    lane: int
    message_id: UUID
    prompt_hash: str
    config_hash: str
    replicate: int
    run_id: UUID | None
    generation: int
    attempts: int
    claims: int
    fence: int
    queue_ms: int


@dataclass(frozen=True, slots=True)
class Finished:
    """A task that ended: what it was for, as the database says (not as the worker remembers)."""

    id: UUID
    purpose: Purpose
    prompt_hash: str

    @property
    def is_champions(self) -> bool:
        """Whether its result is the one that counts: production work under the champion's prompt."""
        return self.purpose == "prod" and not self.prompt_hash


@dataclass(frozen=True, slots=True)
class Failed:
    """A call that brought no answer for a task, under the prompt and model it was made with."""

    task: Task
    failure: CallFailure
    prompt_hash: str
    config_hash: str

    @property
    def is_final(self) -> bool:
        """Whether trying again is pointless."""
        if is_shut_out(self.failure):  # the operator's to mend; the message waits
            return False
        return not self.failure.retryable or self.task.attempts >= len(RETRY_DELAYS_SECONDS)

    @property
    def calls(self) -> int:
        """Calls that count against the message from now on: one that was shut out does not."""
        return self.task.attempts if is_shut_out(self.failure) else self.attempt

    @property
    def attempt(self) -> int:
        """Which call this was, from 1."""
        return self.task.attempts + 1


async def claim(
    connection: AsyncConnection[Any],
    kind: Kind,
    *,
    owner: str,
    shards: Sequence[int],
    limit: int,
    lease_seconds: float,
    resting: Collection[UUID] = (),
    only: Collection[UUID] | None = None,
) -> list[Task]:
    """Lease up to `limit` tasks: urgent lanes first, tenants in turn. Commit at once; it holds row locks.

    The work of tenants that are `resting`, or not among `only`, is left alone.
    """
    params = {
        "kind": kind,
        "owner": owner,
        "shards": array(int, shards),
        "limit": limit,
        "lease_seconds": lease_seconds,
        "resting": list(resting),
        "served": None if only is None else list(only),
    }
    async with connection.cursor(row_factory=class_row(Task)) as cursor:
        await cursor.execute(_QUERIES["claim"], params)
        return await cursor.fetchall()


async def reclaim(connection: AsyncConnection[Any]) -> int:
    """Take back what dead owners hold; answers how many."""
    row = await (await connection.execute(_QUERIES["reclaim"])).fetchone()
    return int(row[0]) if row else 0


async def renew(connection: AsyncConnection[Any], tasks: Sequence[Task], lease_seconds: float) -> set[UUID]:
    """Extend the leases still held; answers the ids of those tasks, without those that somebody is just writing."""
    rows = await (
        await connection.execute(_QUERIES["renew"], {**_keys(tasks), "lease_seconds": lease_seconds})
    ).fetchall()
    return {row[1] for row in rows}


async def finish(connection: AsyncConnection[Any], tasks: Sequence[Task]) -> list[Finished]:
    """End tasks, in the transaction that writes their results; only the answered ones may write.

    One that was asked for again since it was claimed is handed back.
    """
    if not tasks:
        return []
    return await finished(connection, tasks, await send_finish(connection, tasks))


async def send_finish(connection: AsyncConnection[Any], tasks: Sequence[Task]) -> AsyncCursor[Any]:
    """`finish` without waiting for which ended, in a pipeline; `finished` tells. There must be tasks."""
    return await connection.execute(_QUERIES["finish"], _versions(tasks))


async def finished(connection: AsyncConnection[Any], tasks: Sequence[Task], sent: AsyncCursor[Any]) -> list[Finished]:
    """Which of the tasks that were sent ended; the others are handed back where they were asked for again."""
    rows = await sent.fetchall()
    if len(rows) < len(tasks):
        await connection.execute(_QUERIES["hand_back"], _versions(tasks))
    return [Finished(tasks[position - 1].id, purpose, prompt_hash) for position, purpose, prompt_hash in rows]


async def record_failed(connection: AsyncConnection[Any], failed: Sequence[Failed]) -> float | None:
    """Note failed calls, put back what may be tried again and give up the rest.

    Returns:
        Seconds until the first of them is due again, None when none is.
    """
    if not failed:
        return None
    await connection.execute(
        _QUERIES["record_attempts"],
        {
            "tenant_ids": [f.task.tenant_id for f in failed],
            "ids": [new_id() for _ in failed],
            "message_ids": [f.task.message_id for f in failed],
            "prompt_hashes": [f.prompt_hash for f in failed],
            "config_hashes": [f.config_hash for f in failed],
            "attempts": [f.attempt for f in failed],
            "error_classes": [f.failure.error_class for f in failed],
            "http_statuses": [f.failure.http_status for f in failed],
            "latencies_ms": [round(f.failure.latency_ms) for f in failed],
        },
    )
    finals = [f for f in failed if f.is_final]
    await give_up(connection, [(f.task, f.failure.error_class) for f in finals], calls=[f.calls for f in finals])
    again = [f for f in failed if not f.is_final]
    delays = [_delay(f) for f in again]
    await _put_back(connection, [f.task for f in again], [f.calls for f in again], delays)
    return min(delays, default=None)


def _delay(failed: Failed) -> float:
    """1, 5, 25 s with a fifth of jitter; what the backend asked for when that is longer."""
    planned = RETRY_DELAYS_SECONDS[min(failed.task.attempts, len(RETRY_DELAYS_SECONDS) - 1)]
    return max(planned * random.uniform(0.8, 1.2), failed.failure.retry_after_seconds or 0.0)  # noqa: S311


async def wait_for_backend(connection: AsyncConnection[Any], tasks: Sequence[Task], seconds: float) -> None:
    """Put tasks back, as if they had never been claimed: no call was made, so none is counted."""
    delays = [seconds * random.uniform(1.0, 1.2) for _ in tasks]  # noqa: S311
    await _put_back(connection, tasks, [task.attempts for task in tasks], delays)


async def _put_back(
    connection: AsyncConnection[Any], tasks: Sequence[Task], attempts: Sequence[int], delays: Sequence[float]
) -> None:
    if tasks:
        await connection.execute(
            _QUERIES["put_back"], {**_keys(tasks), "attempts": list(attempts), "delays": list(delays)}
        )


async def give_up(
    connection: AsyncConnection[Any], reasons: Sequence[tuple[Task, str]], calls: Sequence[int] | None = None
) -> None:
    """End tasks without a result and record why (a class, never a text); `calls` were made for each."""
    ended = {finished.id for finished in await finish(connection, [task for task, _ in reasons])}
    made = calls or [task.attempts for task, _ in reasons]
    given = [(task, reason, n) for (task, reason), n in zip(reasons, made, strict=True) if task.id in ended]
    if not given:
        return
    await connection.execute(
        _QUERIES["record_failures"],
        {
            "tenant_ids": [task.tenant_id for task, _, _ in given],
            "ids": [new_id() for _ in given],
            "kinds": [task.kind for task, _, _ in given],
            "subject_ids": [task.message_id for task, _, _ in given],
            "error_classes": [reason for _, reason, _ in given],
            "attempts": [n for _, _, n in given],
            "purposes": [task.purpose for task, _, _ in given],
            "prompt_hashes": [task.prompt_hash for task, _, _ in given],
            "config_hashes": [task.config_hash for task, _, _ in given],
            "replicates": [task.replicate for task, _, _ in given],
            "run_ids": [task.run_id for task, _, _ in given],
            "lanes": [task.lane for task, _, _ in given],
        },
    )


async def wake(connection: AsyncConnection[Any], kind: Kind) -> None:
    """Tell the drains, at commit, that there is work of a kind."""
    await connection.execute(_QUERIES["wake"], {"kind": kind})


async def waiting(connection: AsyncConnection[Any]) -> dict[str, int]:
    """Tasks waiting or leased, by kind."""
    rows = await (await connection.execute(_QUERIES["waiting"])).fetchall()
    return {str(row[0]): int(row[1]) for row in rows}


async def register_model(connection: AsyncConnection[Any], config: ModelConfig, tenant_id: UUID) -> None:
    """Keep what a config hash stands for; again and again is fine."""
    await connection.execute(
        _QUERIES["register_model"],
        {
            "tenant_id": tenant_id,
            "config_hash": config.config_hash,
            "provider": config.provider,
            "model": config.model,
            "model_digest": config.digest,
            "params": orjson.dumps(dict(config.params)).decode(),
            "canonical": config.canonical,
        },
    )


def _versions(tasks: Sequence[Task]) -> dict[str, BinaryArray]:
    return {**_keys(tasks), "generations": array(int, [task.generation for task in tasks])}


def _keys(tasks: Sequence[Task]) -> dict[str, BinaryArray]:
    return {
        "tenant_ids": array(UUID, [task.tenant_id for task in tasks]),
        "ids": array(UUID, [task.id for task in tasks]),
        "fences": array(int, [task.fence for task in tasks]),
    }
