"""Official scores that move by more than they move by themselves are seen, those that do not are left in peace."""

from datetime import UTC, datetime

from evosense.experiments.champion_drift import champion_drifts

# The older two of the world's four days are history then, the newer two are recent.
HALFWAY = datetime(2026, 11, 11, tzinfo=UTC)
_MOVED = (
    "with moved as (update app.message_score as s set {change} from app.message as m"
    " where m.tenant_id = s.tenant_id and m.id = s.message_id and m.sent_at >= '2026-11-04'"
    " and m.tenant_id = '{whose}' returning 1)"
    " select count(*) from moved"
)


async def looked_at(world):
    async with world.pool.connection() as connection:
        return await champion_drifts(connection, now=HALFWAY)


async def test_scores_that_stay_do_not_drift_and_those_that_move_do(world, other_tenant_id):
    await world.fill(120)
    await world.fill(120, tenant_id=other_tenant_id, seed=3)
    await world.drain()
    quiet = await looked_at(world)
    assert {one.tenant_id for one in quiet} == {world.tenant_id, other_tenant_id}
    assert not any(one.is_drift for one in quiet)
    await world.rows(_MOVED.format(change="sentiment = greatest(-1, s.sentiment - 0.3)", whose=world.tenant_id))
    first, second = await looked_at(world)
    assert (first.tenant_id, first.is_drift) == (world.tenant_id, True)
    assert first.recent_mean < first.history_mean - 0.2
    assert first.drift.estimate > first.drift.threshold
    assert not second.is_drift


async def test_a_new_champion_is_no_drift(world):
    await world.fill(120)
    await world.drain()
    change = "prompt_hash = 'p1:promoted', sentiment = greatest(-1, s.sentiment - 0.3)"
    await world.rows(_MOVED.format(change=change, whose=world.tenant_id))
    assert await looked_at(world) == []


async def test_too_few_scores_say_nothing(world):
    await world.fill(12)
    await world.drain()
    assert await looked_at(world) == []
