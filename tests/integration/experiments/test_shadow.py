"""Shadows on the real drain: sampling, A/A, decisions, and the official score that nobody touches."""

from datetime import UTC, datetime, timedelta

import pytest

from evosense.db.ids import EVERYONE
from evosense.errors import Conflict, InvalidInput, NotPermitted
from evosense.experiments.assign import is_in_share
from evosense.experiments.models import Guardrail, Question
from evosense.experiments.monitor import tick
from evosense.experiments.promotion import promote
from evosense.experiments.registry import Registration, arms_of, begin, create, events_of, get_experiment
from evosense.experiments.reports import get_report
from evosense.experiments.run_models import ReplayRequest
from evosense.experiments.runs import request_run
from evosense.experiments.shadow import drops_by_hour, plan, sample_ratio, sample_rows
from evosense.prompts.channels import Move, Policy, list_channels, list_events, resolve, roll_back, set_policy
from evosense.prompts.default import DEFAULT_PROMPT
from evosense.testing.scripted_scorer import Effect
from tests.integration.experiments.test_replay import WHOLE, through

LATER = datetime(2026, 12, 1, tzinfo=UTC)


async def running(world, effects: dict[str, tuple[Effect, int]], **options):
    """An experiment that has begun, before any message was scored."""
    hashes = [(name, await world.prompt(effect), share) for name, (effect, share) in effects.items()]
    registration = Registration(
        name="exp", hypothesis="shorter is better", baseline_hash=DEFAULT_PROMPT.prompt_hash,
        config_hash=world.scorer.config.config_hash, challengers=hashes,
        planned_chats=options.pop("planned_chats", 1_000), created_by="ana", **options,
    )  # fmt: skip
    async with world.pool.connection() as connection:
        experiment = await get_experiment(connection, EVERYONE, await create(connection, EVERYONE, registration))
        await begin(connection, experiment, "ana")
        return await get_experiment(connection, EVERYONE, experiment.id)


async def planned(world, experiment) -> int:
    async with world.pool.connection() as connection:
        return await plan(connection, experiment)


async def test_challengers_score_an_extra_nested_sample_and_the_champion_some_twice(world):
    experiment = await running(
        world, {"ten": (Effect(0.02), 1_000), "thirty": (Effect(0.01), 3_000)}, aa_share_bp=2_000
    )
    total = await world.fill(60)
    await world.drain()
    official = await world.rows("select * from app.message_score order by message_id")
    assert await planned(world, experiment) > 0
    assert await planned(world, experiment) == 0
    await world.drain()
    assert await planned(world, experiment) == 0
    answers = await world.rows("select prompt_hash, purpose, replicate, message_id::text from app.inference")
    async with world.pool.connection() as connection:
        arms = {arm.arm: arm for arm in await arms_of(connection, experiment)}
        rows = await sample_rows(connection, experiment, arms["champion"], arms["thirty"])
        ratio = await sample_ratio(connection, experiment, arms["champion"], arms["thirty"], rows)
    sampled = {
        name: {a[3] for a in answers if a[0] == arm.prompt_hash and a[1] == "shadow"} for name, arm in arms.items()
    }
    everyone = {a[3] for a in answers if a[1] == "prod"}
    assert len(everyone) == total
    assert sampled["ten"] == {m for m in everyone if is_in_share(experiment.key, m, 1_000)}
    assert sampled["ten"] < sampled["thirty"]
    again = {a[3] for a in answers if a[1:3] == ("aa", 1)}
    assert again == {m for m in everyone if is_in_share(f"{experiment.key}:aa", m, 2_000)}
    assert ratio is not None
    assert ratio.p > 0.05
    # Neither challenger nor A/A touched an official score.
    assert official == await world.rows("select * from app.message_score order by message_id")


async def test_harm_stops_early_and_takes_the_waiting_calls_back(world):
    experiment = await running(
        world, {"bad": (Effect(-0.15), 10_000), "same": (Effect(0.0), 10_000)}, planned_chats=500
    )
    await world.fill(75)
    await world.drain()
    await planned(world, experiment)
    await world.drain()
    await world.fill(20, seed=5)
    await world.drain()
    seen = {reading.arm: reading for _, reading in await tick(world.pool, now=LATER)}
    assert (seen["bad"].decision, seen["bad"].primary.measure) == ("harm_stop", "sentiment")
    assert seen["bad"].fraction <= 0.2
    assert seen["same"].decision in ("go_on", "futility")
    async with world.pool.connection() as connection:
        arms = {arm.arm: arm for arm in await arms_of(connection, experiment)}
        events = await events_of(connection, experiment)
    assert arms["bad"].stop_reason == "sentiment is worse by more than 0.02"
    assert [event.kind for event in events][:2] == ["frozen", "harm_stop"]
    waiting = await world.rows("select distinct prompt_hash from app.ai_task where purpose = 'shadow'")
    assert (arms["bad"].prompt_hash,) not in waiting
    # A stopped arm gets nothing any more.
    await tick(world.pool, now=LATER)
    assert (arms["bad"].prompt_hash,) not in await world.rows("select distinct prompt_hash from app.ai_task")


async def test_a_better_prompt_becomes_ready_once(world):
    question = Question(guardrails=(Guardrail("invalid", 0.01),))
    experiment = await running(world, {"good": (Effect(0.08), 10_000)}, planned_chats=60, question=question)
    await world.fill(75)
    await world.drain()
    await planned(world, experiment)
    await world.drain()
    for _ in range(2):
        [(_, reading)] = await tick(world.pool, now=LATER)
        assert reading.decision == "promote_ready", reading
    async with world.pool.connection() as connection:
        events = await events_of(connection, experiment)
        assert [event.kind for event in events] == ["frozen", "promote_ready"]
        assert (await get_experiment(connection, EVERYONE, experiment.id)).state == "ready"
        report = await get_report(connection, EVERYONE, events[-1].detail["report_hash"])
    assert (report.outcome, report.experiment_id) == ("pass", experiment.id)
    assert report.content["gates"][-1] == {
        "name": "anytime-valid: promote-ready",
        "outcome": "pass",
        "reason": report.content["gates"][-1]["reason"],
    }
    assert "sentiment is better" in report.content["gates"][-1]["reason"]


async def test_a_ready_challenger_is_promoted_on_its_shadows_report_and_the_experiment_ends(world):
    question = Question(guardrails=(Guardrail("invalid", 0.01),))
    arms = {"good": (Effect(0.08), 10_000), "small": (Effect(0.06), 10_000)}
    experiment = await running(world, arms, planned_chats=60, question=question, aa_share_bp=3_000)
    await world.fill(90)
    await world.drain()
    await planned(world, experiment)
    await world.drain()
    calls = world.scorer.calls
    await tick(world.pool, now=LATER)
    async with world.pool.connection() as connection:
        ready = {e.arm: e.detail["report_hash"] for e in await events_of(connection, experiment) if e.arm}
        assert set(ready) == {"good", "small"}
        report = await get_report(connection, EVERYONE, ready["good"])
        # The champion was asked twice on the way, so the report knows its noise.
        assert report.content["noise_floor"]["n"] > 50
        move = Move("sentiment", "champion", "ana", "ready in the shadow", report_hash=ready["good"])
        await promote(connection, EVERYONE, report.candidate_hash, move)
        assert await resolve(connection, EVERYONE, "sentiment", "champion") == report.candidate_hash
        assert (await get_experiment(connection, EVERYONE, experiment.id)).state == "promoted"
    assert world.scorer.calls == calls


async def test_a_shadow_of_a_former_champion_ends(world):
    experiment = await running(world, {"good": (Effect(0.08), 10_000)})
    other = await world.prompt(Effect(0.01))
    async with world.pool.connection() as connection:
        await set_policy(connection, EVERYONE, "sentiment", Policy(needs_report=False))
        await promote(connection, EVERYONE, other, Move("sentiment", "champion", "ana", "by hand"))
    assert await tick(world.pool, now=LATER) == []
    async with world.pool.connection() as connection:
        assert (await get_experiment(connection, EVERYONE, experiment.id)).state == "stopped"
        assert "another version is champion" in (await events_of(connection, experiment))[-1].detail["reason"]


async def test_dropped_work_is_counted_by_hour(world):
    experiment = await running(world, {"half": (Effect(), 5_000)})
    await world.fill(20)
    await world.drain()
    await planned(world, experiment)
    lost = await world.rows("with gone as (delete from app.ai_task returning 1) select count(*) from gone")
    async with world.pool.connection() as connection:
        baseline, arm = await arms_of(connection, experiment)
        drops = drops_by_hour(await sample_rows(connection, experiment, baseline, arm))
    assert sum(hour.dropped for hour in drops) > 0
    assert sum(hour.dropped for hour in drops) <= lost[0][0]
    assert all(hour.hour.minute == 0 for hour in drops)


async def test_nothing_is_sampled_before_the_question_is_frozen_or_changed_after(world):
    registration = Registration(
        name="draft", hypothesis="h", baseline_hash=DEFAULT_PROMPT.prompt_hash, config_hash="c1:x",
        challengers=[("b", "p1:b", 1_000)], planned_chats=10, created_by="ana", question=Question(margin=0.05),
    )  # fmt: skip
    async with world.pool.connection() as connection:
        draft = await get_experiment(connection, EVERYONE, await create(connection, EVERYONE, registration))
        assert await plan(connection, draft) == 0
        assert draft.question == Question(margin=0.05)
        await begin(connection, draft, "ana")
        with pytest.raises(Conflict, match="only a draft"):
            await begin(connection, draft, "ana")


async def compared(world, effect):
    """A finished replay of a new version against the champion: its hash and its report's."""
    prompt_hash = await world.prompt(effect)
    async with world.pool.connection() as connection:
        run_id = await request_run(connection, ReplayRequest(WHOLE, (prompt_hash[:14],), "ana"))
    run = await through(world, run_id)
    assert run.state == "done", run.error_class
    return prompt_hash, run.report_hashes[0]


async def test_champion_moves_only_on_a_passing_report_and_back_again(scored_world):
    good, passing = await compared(scored_world, Effect(0.05))
    bad, failing = await compared(scored_world, Effect(-0.1))
    champion = DEFAULT_PROMPT.prompt_hash

    async def move(prompt_hash, **options):
        async with scored_world.pool.connection() as connection, connection.transaction():
            await promote(
                connection, EVERYONE, prompt_hash, Move("sentiment", "champion", "ana", "it is better", **options)
            )

    with pytest.raises(InvalidInput, match="name the report"):
        await move(good)
    with pytest.raises(Conflict, match="did not pass"):
        await move(bad, report_hash=failing)
    with pytest.raises(Conflict, match="another version"):
        await move(bad, report_hash=passing)
    async with scored_world.pool.connection() as connection:
        await set_policy(connection, EVERYONE, "sentiment", Policy(four_eyes=True))
    with pytest.raises(NotPermitted, match="second person"):
        await move(good, report_hash=passing, approver="ana")
    await move(good, report_hash=passing, approver="rui")
    with pytest.raises(Conflict, match="former champion"):
        await move(good, report_hash=passing, approver="rui")
    async with scored_world.pool.connection() as connection:
        assert await resolve(connection, EVERYONE, "sentiment", "champion") == good
        # Harm ends at once: one person takes back what two agreed on. Forward again takes two.
        back = Move("sentiment", "champion", "ana", "complaints")
        assert await roll_back(connection, EVERYONE, back) == champion
        with pytest.raises(NotPermitted, match="second person"):
            await roll_back(connection, EVERYONE, back)
        events = await list_events(connection, EVERYONE, name="sentiment")
    assert [(e.from_hash, e.to_hash, e.approver) for e in events][:2] == [
        (good, champion, None),
        (champion, good, "rui"),
    ]
    assert events[1].report_hash == passing


async def test_a_tenant_inherits_until_it_has_a_channel_of_its_own(scored_world, other_tenant_id):
    better = await scored_world.prompt(Effect(0.05))
    tenant_id = scored_world.tenant_id
    async with scored_world.pool.connection() as connection:
        await set_policy(connection, tenant_id, "sentiment", Policy(needs_report=False))
        await promote(connection, tenant_id, better, Move("sentiment", "champion", "ana", "our customers"))
        own = {c.channel: c for c in await list_channels(connection, tenant_id, "sentiment")}
        theirs = {c.channel: c for c in await list_channels(connection, other_tenant_id, "sentiment")}
        assert (own["champion"].prompt_hash, own["champion"].is_inherited) == (better, False)
        assert theirs["champion"].is_inherited
        assert await roll_back(connection, tenant_id, Move("sentiment", "champion", "ana", "no")) is None
        assert (await list_channels(connection, tenant_id, "sentiment"))[0].is_inherited
        with pytest.raises(Conflict, match="no earlier version"):
            await roll_back(connection, tenant_id, Move("sentiment", "champion", "ana", "no"))


async def test_four_days_of_shadow_end_on_their_own(world):
    """Futility: a prompt that changes nothing is not carried along for ever."""
    experiment = await running(world, {"same": (Effect(0.0, noise=0.01), 10_000)}, planned_chats=80)
    await world.fill(80)
    await world.drain()
    await planned(world, experiment)
    await world.drain()
    [(_, reading)] = await tick(world.pool, now=LATER + timedelta(days=1))
    assert reading.decision == "futility", reading
    async with world.pool.connection() as connection:
        assert (await get_experiment(connection, EVERYONE, experiment.id)).state == "futile"
    assert await tick(world.pool, now=LATER) == []
