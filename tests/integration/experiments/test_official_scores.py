"""Whatever challengers, replays and A/A runs do, and in whatever order: no official score moves."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evosense.experiments.datasets import Window
from evosense.experiments.monitor import tick
from evosense.testing.scripted_scorer import Effect
from tests.integration.experiments.conftest import DAYS, FIRST_DAY, World
from tests.integration.experiments.test_replay import requested, through
from tests.integration.experiments.test_shadow import LATER, running

ARMS = {"better": (Effect(0.1), 5_000), "harmful": (Effect(-0.2, invalid=0.1), 3_000)}
STEPS = st.lists(st.sampled_from(["replay", "replay half", "tick", "drain", "drop"]), min_size=1, max_size=5)


async def official(world: World) -> list[tuple]:
    return await world.rows(
        "select s.*, i.purpose from app.message_score as s"
        " inner join app.inference as i on i.tenant_id = s.tenant_id and i.id = s.inference_id order by s.message_id"
    )


async def take(world: World, step: str) -> None:
    better, harmful = [await world.prompt(effect) for effect, _ in ARMS.values()]
    whole = FIRST_DAY, FIRST_DAY.replace(day=FIRST_DAY.day + DAYS)
    if step == "replay":
        run = await through(world, await requested(world, better, harmful))
        assert run.state == "done", run.error_class
    elif step == "replay half":
        await through(world, await requested(world, better, window=Window(*whole, share_bp=5_000)))
    elif step == "tick":
        await tick(world.pool, now=LATER)
    elif step == "drain":
        await world.drain()
    else:
        await world.rows(
            "with gone as (delete from app.ai_task where purpose <> 'prod' returning 1) select count(*) from gone"
        )


async def test_no_order_of_experiments_touches_an_official_score(world: World):
    await running(world, ARMS, aa_share_bp=5_000)
    await world.fill(40)
    await world.drain()
    before = await official(world)
    assert len(before) > 200
    assert {row[-1] for row in before} == {"prod"}
    tried: list[list[str]] = []

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    @given(steps=STEPS)
    def collect(steps: list[str]) -> None:
        tried.append(steps)

    collect()
    for steps in [["tick", "drain"], *tried, ["drop", "replay", "tick", "drain"]]:
        for step in steps:
            await take(world, step)
            assert await official(world) == before, f"an official score moved after {step} in {steps}"
    purposes = {row[0] for row in await world.rows("select distinct purpose from app.inference")}
    assert {"prod", "shadow", "aa", "replay"} <= purposes
