"""What a claim costs when nothing is scored yet and when nearly everything is: the queue must not grow with history."""

from __future__ import annotations

import statistics
import time

from psycopg import Rollback

from evosense.ai.tasks import claim
from tests.bench.ai_world import World, world
from tests.bench.figures import Context, Figure

_BATCH = 500
_SCORED = 0.98
_FINISH = """
with done as (
    delete from app.ai_task where tenant_id = %(tenant)s and id in (
        select id from app.ai_task where tenant_id = %(tenant)s order by id limit %(count)s
    ) returning tenant_id, message_id
)
insert into app.message_score (
    tenant_id, message_id, inference_id, input_hash, prompt_hash, config_hash, sentiment, satisfaction, emotion, tone
)
select tenant_id, message_id, gen_random_uuid(), '', 'p1:x', 'c1:x', 0, 50, 'neutro', 'neutro' from done
"""


async def run(context: Context) -> list[Figure]:
    """Figure claim.history_ratio, as the larger of both ways round."""
    messages = 1_000_000 if context.is_full else 200_000
    async with world(context.folder) as here:
        context.progress(f"{messages} messages")
        await here.fill(messages)
        empty = await _claim_ms(here)
        context.progress("scoring 98 %")
        await _finish(here, int(messages * _SCORED))
        full = await _claim_ms(here)
    ratio = full / empty
    details = {"messages": messages, "batch": _BATCH, "ms_at_0": round(empty, 2), "ms_at_98": round(full, 2)}
    return [
        Figure(
            "claim.history_ratio", max(ratio, 1 / ratio), "times", "lower", 1.2,
            "the same claim with nothing scored", {**details, "after_to_before": round(ratio, 3)},
        )
    ]  # fmt: skip


async def _claim_ms(here: World) -> float:
    """Milliseconds of a claim of 500, median of 25; each is rolled back, so that all see the same queue."""
    taken: list[float] = []
    async with here.pool.connection() as connection:
        for _ in range(30):
            async with connection.transaction():
                started = time.perf_counter()
                tasks = await claim(
                    connection, "score", owner="bench", shards=range(64), limit=_BATCH, lease_seconds=60
                )
                taken.append(1000 * (time.perf_counter() - started))
                assert len(tasks) == _BATCH
                raise Rollback
    return statistics.median(taken[5:])


async def _finish(here: World, count: int) -> None:
    """Score the oldest `count` messages, and let vacuum do what autovacuum does."""
    async with here.pool.connection() as connection:
        for start in range(0, count, 50_000):
            await connection.execute(_FINISH.encode(), {"tenant": here.tenant_id, "count": min(50_000, count - start)})
            await connection.commit()
    async with here.pool.connection() as connection:
        await connection.set_autocommit(True)
        await connection.execute("set role none")
        await connection.execute("vacuum (analyze) app.ai_task")
