"""Replays through the whole pipeline: plan, enqueue, drain, report; reuse, resume, cancel."""

from datetime import timedelta

import pytest

from evosense.db.ids import EVERYONE
from evosense.errors import InvalidInput, NotFound
from evosense.experiments.datasets import Window
from evosense.experiments.replay import advance, plan
from evosense.experiments.reports import get_report, regressions, report_run
from evosense.experiments.run_models import ReplayRequest
from evosense.experiments.runs import cancel_run, days_of_run, get_run, list_runs, request_run
from evosense.prompts.channels import list_versions
from evosense.prompts.registry import register
from evosense.testing.scripted_scorer import Effect, prompt_with
from tests.integration.experiments.conftest import DAYS, FIRST_DAY

WHOLE = Window(FIRST_DAY, FIRST_DAY + timedelta(days=DAYS + 1))


async def requested(world, *candidates, window=WHOLE, **options):
    async with world.pool.connection() as connection:
        request = ReplayRequest(window=window, candidates=candidates, requested_by="ana", **options)
        return await request_run(connection, request)


async def through(world, run_id, tenant_id=EVERYONE):
    """Drive a run to its end with the drain in this process."""
    run = await advance(world.pool, tenant_id, run_id)
    while run.is_open:
        await world.drain()
        run = await advance(world.pool, tenant_id, run_id)
    return run


async def test_three_prompts_get_the_right_verdicts(scored_world):
    await scored_world.prompt(Effect(0.0))
    await scored_world.prompt(Effect(0.03))
    await scored_world.prompt(Effect(-0.15, invalid=0.08))
    scores = await scored_world.rows("select message_id, inference_id from app.message_score order by 1")
    run = await through(scored_world, await requested(scored_world, "v2", "v3", "v4"))
    assert run.state == "done", run.error_class
    async with scored_world.pool.connection() as connection:
        none, small, harmful = [await get_report(connection, EVERYONE, named) for named in run.report_hashes]
    assert "No difference that matters" in none.verdict
    assert small.verdict.startswith("The candidate is better")
    assert harmful.verdict.startswith("The candidate is worse")
    assert "invalid" in harmful.verdict
    assert [report.outcome for report in (small, harmful)] == ["pass", "fail"]
    effect = next(e for e in small.content["effects"] if e["measure"] == "sentiment")
    assert effect["low"] <= 0.03 <= effect["high"]
    # A replay never touches an official score.
    assert scores == await scored_world.rows("select message_id, inference_id from app.message_score order by 1")


async def test_running_again_costs_no_call_and_gives_the_same_report(scored_world):
    await scored_world.prompt(Effect(0.03))
    first = await through(scored_world, await requested(scored_world, "v2"))
    calls = scored_world.scorer.calls
    again = await through(scored_world, await requested(scored_world, "v2"))
    assert scored_world.scorer.calls == calls
    assert again.calls_reused == again.calls_planned == 2 * first.items
    assert again.report_hashes == first.report_hashes
    assert again.dataset_hash == first.dataset_hash
    assert (first.calls_planned - first.calls_reused, first.calls_failed) == (first.items, 0)
    assert first.cost_micros == 10 * first.items


async def test_a_plan_tells_what_it_will_take_and_keeps_to_a_ceiling(scored_world):
    await scored_world.prompt(Effect(0.03))
    run_id = await requested(scored_world, "v2", window=Window(WHOLE.first, WHOLE.last, share_bp=2_000))
    async with scored_world.pool.connection() as connection:
        preview = await plan(connection, await get_run(connection, EVERYONE, run_id))
    total = len(await scored_world.rows("select 1 from app.message_score"))
    assert 0.1 < preview.items / total < 0.3
    assert (preview.missing, preview.reused, preview.cost_micros) == (preview.items, preview.items, 10 * preview.items)
    assert preview.eta_seconds > 0
    assert preview.chats_needed > 300
    dear = await through(scored_world, await requested(scored_world, "v2", max_cost_micros=100))
    assert dear.state == "failed"
    assert "above the ceiling" in dear.error_class


async def test_a_window_of_one_tenant_belongs_to_it(scored_world, other_tenant_id):
    await scored_world.fill(20, tenant_id=other_tenant_id, seed=9)
    await scored_world.drain()
    await scored_world.prompt(Effect(0.03))
    mine = Window(WHOLE.first, WHOLE.last, tenant_ids=(other_tenant_id,))
    run = await through(scored_world, await requested(scored_world, "v2", window=mine), other_tenant_id)
    assert run.state == "done"
    assert (await scored_world.rows("select distinct tenant_id from app.run_item"))[0][0] == other_tenant_id
    async with scored_world.pool.connection() as connection:
        assert await list_runs(connection, EVERYONE) == []
        with pytest.raises(NotFound):
            await get_report(connection, scored_world.tenant_id, run.report_hashes[0])


async def test_cancel_takes_waiting_calls_back_and_what_was_answered_is_reused(scored_world):
    await scored_world.prompt(Effect(0.03))
    run_id = await requested(scored_world, "v2")
    run = await advance(scored_world.pool, EVERYONE, run_id)
    assert run.state == "running"
    async with scored_world.pool.connection() as connection:
        dropped = await cancel_run(connection, run)
    assert dropped == run.items
    assert await scored_world.drain() == 0
    assert (await advance(scored_world.pool, EVERYONE, run_id)).state == "canceled"


async def test_a_replay_whose_driver_died_goes_on_where_it_was(scored_world):
    await scored_world.prompt(Effect(0.03))
    run_id = await requested(scored_world, "v2")
    run = await advance(scored_world.pool, EVERYONE, run_id)
    # As after a kill between two days: half of the tasks were never enqueued, the state is still planned.
    await scored_world.rows(
        "with gone as (delete from app.ai_task where app.bucket('kill', message_id::text) < 5000 returning 1),"
        " back as (update app.experiment_run set state = 'planned' returning 1) select count(*) from gone, back"
    )
    assert 0 < await scored_world.drain() < run.items
    before = scored_world.scorer.calls
    assert (await through(scored_world, run_id)).state == "done"
    answered = await scored_world.rows("select count(*) from app.inference where purpose = 'replay'")
    assert answered == [(run.items,)]
    assert scored_world.scorer.calls - before < run.items
    async with scored_world.pool.connection() as connection:
        days = await days_of_run(connection, run)
    assert len(days) == DAYS
    assert all(day.answered == day.calls and not day.waiting for day in days)


async def test_regressions_are_worst_first(scored_world):
    await scored_world.prompt(Effect(-0.1, noise=0.2))
    run = await through(scored_world, await requested(scored_world, "v2"))
    async with scored_world.pool.connection() as connection:
        rows = await regressions(connection, run.dataset_hash, *run.resolved, limit=5)
    assert [row.delta for row in rows] == sorted(row.delta for row in rows)
    assert rows[0].delta < -0.3
    assert rows[0].text.startswith("mensagem")


async def test_refusals_say_what_to_do(scored_world):
    run = await through(scored_world, await requested(scored_world, "v9"))
    assert run.error_class.startswith("not_found: sentiment@v9 is unknown; there is champion, v1")
    empty = Window(WHOLE.last + timedelta(days=9), WHOLE.last + timedelta(days=10))
    await scored_world.prompt(Effect(0.03))
    run = await through(scored_world, await requested(scored_world, "v2", window=empty))
    assert "widen the window" in run.error_class
    with pytest.raises(InvalidInput, match="basis points"):
        Window(WHOLE.first, WHOLE.last, share_bp=0)


async def test_five_chats_are_too_few(world):
    await world.fill(5)
    await world.drain()
    await world.prompt(Effect(0.03, noise=0.2))
    run = await through(world, await requested(world, "v2"))
    assert "5 chats only: need about" in run.error_class


async def test_unfrozen_messages_are_frozen_by_the_plan(world):
    await world.fill(30, enqueue=False)
    await world.fill(30, seed=2)
    await world.drain()
    await world.prompt(Effect(0.03))
    run = await through(world, await requested(world, "v2"))
    assert run.state == "done", run.error_class
    assert run.items == len(await world.rows("select 1 from app.message"))


async def test_a_report_can_be_made_again(scored_world):
    await scored_world.prompt(Effect(0.03))
    run = await through(scored_world, await requested(scored_world, "v2"))
    async with scored_world.pool.connection() as connection:
        assert await report_run(connection, run) == run.report_hashes
    assert await scored_world.rows("select count(*) from app.comparison") == [(1,)]


async def test_who_wrote_again_within_three_days_is_measured_and_foretold(scored_world):
    """Customers who were angry come back after two days; the report says how well either prompt foretells it."""
    await scored_world.prompt(Effect(0.0, noise=0.9))
    back = await scored_world.rows(
        "with mood as (select m.tenant_id, m.chat_identity_id as chat, avg(s.sentiment) as mean,"
        " max(m.sent_at) as ended, min(m.connection_id::text)::uuid as connection from app.message as m"
        " join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id group by 1, 2),"
        " written as (insert into app.message (tenant_id, id, connection_id, external_id, from_me, direction,"
        " chat_identity_id, chat_kind, type, sent_at, sent_at_source, received_at)"
        " select tenant_id, gen_random_uuid(), connection, chat::text, false, 'in', chat, 'individual', 'text',"
        # One comes too soon to be a new contact, one too late.
        " ended + case when app.bucket('when', chat::text) < 500 then interval '3 hours'"
        " when app.bucket('when', chat::text) < 1000 then interval '80 hours' else interval '48 hours' end,"
        " 'live', now() from mood where mean < 0 returning chat_identity_id, sent_at)"
        " select count(*) from written where app.bucket('when', chat_identity_id::text) >= 1000"
    )
    run = await through(scored_world, await requested(scored_world, "v2"))
    assert run.state == "done", run.error_class
    events = await scored_world.rows("select count(*) from app.outcome where kind = 'recontact_72h' and value = 1")
    assert events == back
    async with scored_world.pool.connection() as connection:
        report = await get_report(connection, EVERYONE, run.report_hashes[0])
        again = await report_run(connection, run)
    assert again == run.report_hashes
    [validity] = report.content["validity"]
    assert (validity["outcome"], validity["events"]) == ("recontact_72h", back[0][0])
    assert validity["auc_a"] > 0.9 > validity["auc_b"]
    assert validity["high"] < 0


async def test_a_prompt_that_never_answers_usably_is_named(scored_world):
    await scored_world.prompt(Effect(invalid=1.0))
    run = await through(scored_world, await requested(scored_world, "v2"))
    assert run.state == "failed"
    assert f"sentiment@v2 gave no usable answer ({run.items} invalid)" in run.error_class


async def test_a_fault_of_ours_ends_a_run_instead_of_coming_back_for_ever(scored_world, monkeypatch):
    def broken(*_args, **_options):
        raise ValueError("texto de um cliente")

    await scored_world.prompt(Effect(0.03))
    monkeypatch.setattr("evosense.experiments.reports.compare_frame", broken)
    run = await through(scored_world, await requested(scored_world, "v2"))
    assert (run.state, run.error_class) == ("failed", "internal_error: ValueError")


async def test_a_version_is_made_from_one_that_there_is(scored_world):
    parent = await scored_world.prompt(Effect(0.03))
    async with scored_world.pool.connection() as connection:
        child = await register(
            connection,
            prompt_with(Effect(0.04)),
            tenant_id=EVERYONE,
            name="sentiment",
            author="ana",
            parent_hash=parent,
        )
        [version] = await list_versions(connection, EVERYONE, prompt_hash=child)
        assert version.parent_hash == parent
        with pytest.raises(InvalidInput, match="no version p1:nothing"):
            await register(
                connection, prompt_with(Effect(0.05)), tenant_id=EVERYONE, name="sentiment", author="ana",
                parent_hash="p1:nothing",
            )  # fmt: skip
