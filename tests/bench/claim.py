"""What a claim costs when nothing is scored yet and when nearly everything is: the queue must not grow with history."""

from __future__ import annotations

import statistics
import time

from evosense.ai.tasks import claim
from tests.bench.ai_world import World, world
from tests.bench.figures import Context, Figure

_BATCH = 500
_SCORED = 0.98
_ROUNDS, _WARM = 60, 10
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
    """Figure claim.history_ratio, as the larger of both ways round; two servers take turns, so load slows both."""
    messages = 1_000_000 if context.is_full else 200_000
    context.folder.chmod(0o755)
    for name in ("new", "old"):
        (context.folder / name).mkdir()
    async with world(context.folder / "new") as new, world(context.folder / "old") as old:
        for number, here in enumerate((new, old), 1):
            context.progress(f"{messages} messages, server {number} of 2")
            await here.fill(messages)
        context.progress("scoring 98 % on one of them")
        await _finish(old, int(messages * _SCORED))
        context.progress("claiming in turns")
        pairs = [(await _claim_ms(new), await _claim_ms(old)) for _ in range(_ROUNDS)][_WARM:]
    ratio = statistics.median(after / before for before, after in pairs)
    details = {
        "messages": messages,
        "batch": _BATCH,
        "ms_at_0": round(statistics.median(before for before, _ in pairs), 2),
        "ms_at_98": round(statistics.median(after for _, after in pairs), 2),
        "after_to_before": round(ratio, 3),
    }
    peer = "the same claim with nothing scored"
    return [Figure("claim.history_ratio", max(ratio, 1 / ratio), "times", "lower", 1.2, peer, details)]


async def _claim_ms(here: World) -> float:
    """Milliseconds of a claim of 500; it is rolled back, so that all see the same queue."""
    async with here.pool.connection() as connection, connection.transaction(force_rollback=True):
        started = time.perf_counter()
        tasks = await claim(connection, "score", owner="bench", shards=range(64), limit=_BATCH, lease_seconds=60)
        taken = 1000 * (time.perf_counter() - started)
    assert len(tasks) == _BATCH
    return taken


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
