"""Claiming tasks: in turn, never twice, and nothing by those whose lease ran out."""

import asyncio

from evosense.ai.tasks import claim, finish, reclaim, renew


async def test_tenants_take_turns(inbox, tenant_id, other_tenant_id):
    for _ in range(12):
        await inbox.receive(tenant_id, "oi", kinds=("score",))
    for _ in range(2):
        await inbox.receive(other_tenant_id, "oi", kinds=("score",))
    async with inbox.pool.connection() as c:
        first = await claim(c, "score", owner="a", shards=range(64), limit=4, lease_seconds=9)
    assert [task.tenant_id for task in first].count(other_tenant_id) == 2
    assert len(first) == 4


async def test_live_work_goes_before_backfills(inbox, tenant_id, other_tenant_id):
    for _ in range(4):
        await inbox.receive(tenant_id, "antiga", kinds=("score",), lane=4)
    live = await inbox.receive(other_tenant_id, "nova", kinds=("score",))
    async with inbox.pool.connection() as c:
        first = await claim(c, "score", owner="a", shards=range(64), limit=1, lease_seconds=9)
    assert [task.message_id for task in first] == [live]


async def test_two_claims_never_share_a_task(inbox, tenant_id):
    for _ in range(40):
        await inbox.receive(tenant_id, "oi", kinds=("score",))

    async def take(owner: str) -> list:
        taken = []
        while True:
            async with inbox.pool.connection() as c:
                batch = await claim(c, "score", owner=owner, shards=range(64), limit=7, lease_seconds=9)
            if not batch:
                return taken
            taken += [task.id for task in batch]

    shares = await asyncio.gather(*(take(f"w{n}") for n in range(4)))
    taken = [task_id for share in shares for task_id in share]
    assert len(taken) == len(set(taken)) == 40


async def test_an_expired_lease_finishes_nothing(inbox, tenant_id):
    await inbox.receive(tenant_id, "oi", kinds=("score",))
    async with inbox.pool.connection() as c:
        [late] = await claim(c, "score", owner="slow", shards=range(64), limit=9, lease_seconds=0)
    async with inbox.pool.connection() as c:
        assert await reclaim(c) == 1
    async with inbox.pool.connection() as c:
        [fresh] = await claim(c, "score", owner="quick", shards=range(64), limit=9, lease_seconds=9)
    assert (fresh.id, fresh.attempts, fresh.claims) == (late.id, 0, 2)
    assert fresh.fence > late.fence
    async with inbox.pool.connection() as c:
        assert await finish(c, [late]) == []
        assert [done.id for done in await finish(c, [fresh])] == [fresh.id]


async def test_a_renewal_waits_for_nobody(inbox, tenant_id):
    """Two statements that lock the same tasks in different orders would end in a deadlock, if both waited."""
    for _ in range(3):
        await inbox.receive(tenant_id, "oi", kinds=("score",))
    async with inbox.pool.connection() as c:
        tasks = await claim(c, "score", owner="a", shards=range(64), limit=9, lease_seconds=9)
    first, *others = tasks
    async with inbox.pool.connection() as writing, inbox.pool.connection() as renewing:
        await finish(writing, [first])
        async with asyncio.timeout(5):
            assert await renew(renewing, tasks, 60) == {task.id for task in others}
        assert [done.id for done in await finish(renewing, others)] == [task.id for task in others]
        await writing.rollback()
        assert await renew(renewing, tasks, 60) == {first.id}


async def test_a_task_that_was_asked_for_again_is_handed_back(inbox, tenant_id, admin_connection):
    for _ in range(2):
        await inbox.receive(tenant_id, "oi", kinds=("score",))
    async with inbox.pool.connection() as c:
        tasks = await claim(c, "score", owner="a", shards=range(64), limit=9, lease_seconds=9)
    admin_connection.execute("update app.ai_task set generation = generation + 1 where id = %s", (tasks[0].id,))
    admin_connection.commit()
    async with inbox.pool.connection() as c:
        assert [done.id for done in await finish(c, tasks)] == [tasks[1].id]
    async with inbox.pool.connection() as c:
        again = await claim(c, "score", owner="b", shards=range(64), limit=9, lease_seconds=9)
    assert [task.id for task in again] == [tasks[0].id]
