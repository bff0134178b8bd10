"""`evosense compare --gate` and `evosense prompts …`, as a pipeline calls them."""

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evosense.cli import app
from evosense.db.ids import EVERYONE
from evosense.experiments.replay import advance
from evosense.testing.scripted_scorer import Effect, prompt_with
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
