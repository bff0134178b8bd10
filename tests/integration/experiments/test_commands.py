"""`evosense compare --gate` and `evosense prompts …`, as a pipeline calls them."""

import asyncio
import hashlib
import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evosense.cli import app
from evosense.db.ids import EVERYONE
from evosense.experiments.labels import Label, store_label, waiting_for
from evosense.experiments.replay import advance
from evosense.testing.scripted_scorer import Effect, ScriptedScorer, prompt_with
from tests.integration.experiments.test_notebooks import draining
from tests.integration.experiments.test_replay import requested, through

WINDOW = ("--window", "2026-11-01/2026-11-14")


@pytest.fixture
def command(monkeypatch, database_url):
    monkeypatch.setenv("DATABASE_URL", database_url)

    async def run(*arguments: str):
        # A command has a thread, and so a loop, of its own.
        return await asyncio.to_thread(CliRunner().invoke, app, list(arguments))

    return run


async def test_the_gate_passes_fails_and_says_when_it_cannot_tell(scored_world, command, tmp_path):
    await scored_world.prompt(Effect(0.06))
    await scored_world.prompt(Effect(-0.1))
    page = tmp_path / "report.html"
    async with draining(scored_world):
        passed = await command("compare", "sentiment@champion", "sentiment@v2", *WINDOW, "--gate", "--html", str(page))
        failed = await command("compare", "sentiment@champion", "sentiment@v3", *WINDOW, "--gate")
        unknown = await command("compare", "sentiment@champion", "sentiment@v9", *WINDOW, "--gate")
    assert (passed.exit_code, failed.exit_code, unknown.exit_code) == (0, 1, 2), (passed.output, unknown.output)
    assert "The candidate is better" in page.read_text()
    assert "The candidate is worse" in failed.output
    assert "there is champion, v1, v2, v3" in unknown.output.replace("v3, v2, v1", "v1, v2, v3")


async def test_the_gate_never_calls_an_outage_a_regression(command, monkeypatch, tmp_path):
    gate = ("compare", "sentiment@champion", "sentiment@v2", *WINDOW, "--gate")
    assert (await command(*gate, "--goal", "great")).exit_code == 2
    monkeypatch.setenv("DATABASE_URL", f"postgresql://nobody@/nothing?host={tmp_path}")
    away = await command(*gate)
    assert (away.exit_code, away.output.startswith("unmeasurable")) == (2, True), away.output


async def test_a_replay_is_planned_asked_for_driven_shown_and_written_to_files(scored_world, command, tmp_path):
    await scored_world.prompt(Effect(0.06))
    part = ("v2", *WINDOW, "--emotion", "neutro", "--emotion", "alegria")
    planned = await command("experiments", "plan", *part)
    assert "calls to make" in planned.output
    assert await scored_world.rows("select count(*) from app.experiment_run") == [(0,)]
    async with draining(scored_world):
        driven = await command("experiments", "replay", *part, "--actor", "ana", "--wait")
    assert driven.exit_code == 0, driven.output
    run_id, *told = driven.output.splitlines()
    assert "answered" in told[0]
    [(items, emotions)] = await scored_world.rows("select items, filters -> 'emotions' from app.experiment_run")
    counted = "select count(*) from app.message_score where emotion in ('neutro', 'alegria')"
    assert [(items,)] == await scored_world.rows(counted)
    assert emotions == ["alegria", "neutro"]
    shown = await command("experiments", "show", run_id)
    assert "done" in shown.output
    assert shown.output.count(" answered, 0 waiting, 0 missing") == 4
    report_hash = shown.output.split()[shown.output.split().index("reused)") + 1]
    assert report_hash[:15] in (await command("experiments", "reports")).output
    assert "The candidate is better" in (await command("experiments", "report", report_hash)).output
    for name, beginning in {
        "r.html": b"<!doctype",
        "r.json": b'{"agreement"',
        "r.csv": b"measure,",
        "r.parquet": b"PAR1",
    }.items():
        await command("experiments", "report", report_hash, "--to", str(tmp_path / name))
        assert (tmp_path / name).read_bytes().startswith(beginning)
    assert f"r1:{hashlib.sha256((tmp_path / 'r.json').read_bytes()).hexdigest()}" == report_hash
    refused = await command("experiments", "report", report_hash, "--to", str(tmp_path / "r.doc"))
    assert "written as html, csv, md, parquet or json" in str(refused.exception)
    asked = await command("experiments", "replay", *part, "--actor", "ana")
    assert "0 waiting calls" in (await command("experiments", "cancel", asked.output.strip())).output
    assert "canceled" in (await command("experiments", "list")).output
    unknown = await command("experiments", "plan", "v2", *WINDOW, "--emotion", "feliz")
    assert "no emotion is called feliz" in str(unknown.exception)


async def test_people_are_asked_and_what_they_say_becomes_a_gold_set(scored_world, command):
    await scored_world.prompt(Effect(0.06))
    run = await through(scored_world, await requested(scored_world, "v2"))
    for _ in range(2):
        asked = await command("labels", "request", run.report_hashes[0], "--size", "40")
        assert "messages wait for 2 judgements each" in asked.output, asked.exception
    async with scored_world.pool.connection() as connection:
        waiting = await waiting_for(connection, scored_world.tenant_id, "ana", limit=200)
        # Asked for twice, shown once.
        assert len({one.message_id for one in waiting}) == len(waiting) > 20
        for rater in ("ana", "rui"):
            for place, one in enumerate(waiting):
                label = Label(one.message_id, place / 200 + (rater == "rui") / 100)
                await store_label(connection, scored_world.tenant_id, rater, label)
    assert f"over {len(waiting)} messages judged twice" in (await command("labels", "agreement")).output
    assert (await command("labels", "gold")).output.startswith("d1:")


async def test_drift_is_shown(scored_world, command):
    assert (await command("experiments", "drift")).exit_code == 0


async def test_prompts_are_registered_listed_compared_and_refused(scored_world, command, tmp_path):
    prompt = prompt_with(Effect(0.02))
    file = tmp_path / "prompt.json"
    file.write_text(json.dumps({"messages": [{"role": m.role, "content": m.content} for m in prompt.messages]}))
    registered = await command("prompts", "register", str(file), "--author", "ana")
    assert registered.output.strip() == prompt.prompt_hash
    assert "sentiment@v2" in (await command("prompts", "list")).output
    assert "+Avalie a mensagem" in (await command("prompts", "diff", "champion", "v2")).output
    refused = await command("prompts", "promote", "v2", "--actor", "ana", "--reason", "new")
    assert "name the report" in str(refused.exception)
    moved = await command("prompts", "promote", "v2", "--actor", "ana", "--reason", "try", "--channel", "challenger")
    assert "sentiment@challenger is p1:" in moved.output
    assert "ana: try" in (await command("prompts", "events")).output
    file.write_text('{"messages": [{"role": "user", "content": "nothing to fill"}]}')
    assert "must hold {text}" in str((await command("prompts", "register", str(file), "--author", "ana")).exception)


class Counting(ScriptedScorer):
    """Notes every question, and answers no more than a hundred until it may go on."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[tuple[str, str]] = Counter()
        self.half_way, self.go_on = asyncio.Event(), asyncio.Event()

    async def score(self, batch):
        self.asked.update((request.prompt[0].content, request.text) for request in batch)
        if self.asked.total() >= 100:
            self.half_way.set()
            await self.go_on.wait()
        return await super().score(batch)


async def test_a_replay_whose_driver_is_killed_resumes_without_a_single_repeated_call(scored_world, command):
    """SIGKILL of the process that drives a replay: the drain has the calls, whoever resumes finds them."""
    await scored_world.prompt(Effect(0.05))
    scored_world.scorer = scorer = Counting()
    driver = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from evosense.cli import main; main()", "experiments", "replay", "v2", *WINDOW,
        "--actor", "ana", "--wait", stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3],
        env={**os.environ, "DATABASE_URL": scored_world.url},
    )  # fmt: skip
    run_id = (await driver.stdout.readline()).decode().strip()
    async with draining(scored_world):
        await scorer.half_way.wait()
        driver.send_signal(signal.SIGKILL)
        assert await driver.wait() == -signal.SIGKILL
        [(state,)] = await scored_world.rows("select state from app.experiment_run")
        assert state in ("planned", "running")
        scorer.go_on.set()
        resumed = await command("experiments", "resume", run_id)
    assert resumed.exit_code == 0, resumed.output
    [(items, reports)] = await scored_world.rows("select items, cardinality(report_hashes) from app.experiment_run")
    assert (len(scorer.asked), reports) == (items, 1)
    assert set(scorer.asked.values()) == {1}


_WORKER = """
import asyncio, sys
from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.db.database import open_pool
from evosense.scoring.drain import Drain, DrainOptions
from evosense.testing.scripted_scorer import ScriptedScorer

class Telling(ScriptedScorer):
    async def score(self, batch):
        for request in batch:
            print(request.text, flush=True)
        await asyncio.sleep(0.02)
        return await super().score(batch)

async def main():
    async with open_pool(sys.argv[1], "evosense_pipeline") as pool:
        options = DrainOptions(batch=16, lease_seconds=1.0, tick_seconds=0.2)
        await Drain(sys.argv[1], pool, Telling(), EmbeddedEmbedder(), options=options).run(asyncio.Event())

asyncio.run(main())
"""


async def test_a_killed_replay_resumes_without_repeating_an_answered_call(scored_world):
    """SIGKILL in the middle: what was stored is never asked again; only the batch in flight may be."""
    await scored_world.prompt(Effect(0.05))
    run_id = await requested(scored_world, "v2")
    await advance(scored_world.pool, EVERYONE, run_id)
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _WORKER, scored_world.url, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    asked: list[str] = []
    while len(asked) < 100:
        asked.append((await worker.stdout.readline()).decode())
    worker.send_signal(signal.SIGKILL)
    asked += (await worker.stdout.read()).decode().splitlines(keepends=True)
    await worker.wait()
    stored = (await scored_world.rows("select count(*) from app.inference where purpose = 'replay'"))[0][0]
    assert 0 < stored <= len(asked) < 400
    # As if the dead worker's leases had run out by now; the driver goes on with what is left.
    await scored_world.rows(
        "with late as (update app.ai_task set lease_until = now() - interval '1 s'"
        " where lease_until is not null returning 1) select count(*) from late"
    )
    before = scored_world.scorer.calls
    run = await through(scored_world, run_id)
    assert run.state == "done"
    assert scored_world.scorer.calls - before == run.items - stored
    assert len(asked) - stored <= 16
