"""Three prompts with known effects through the whole pipeline, twice: verdicts once, calls the second time."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from evosense.db.database import open_pool
from evosense.db.ids import EVERYONE
from evosense.db.migrate import migrate
from evosense.experiments.datasets import Window
from evosense.experiments.replay import advance
from evosense.experiments.reports import get_report
from evosense.experiments.run_models import ReplayRequest
from evosense.experiments.runs import request_run
from evosense.tenants.keys import MasterKey
from evosense.tenants.repository import add_tenant
from evosense.testing.postgres import TemplateDatabase, checkout_cluster
from evosense.testing.scripted_scorer import Effect, ScriptedScorer
from tests.integration.experiments.conftest import DAYS, FIRST_DAY, World

ROOT = Path(__file__).resolve().parents[2]
_EFFECTS = {"none": Effect(0.0), "small": Effect(0.03), "harmful": Effect(-0.15, invalid=0.08)}


async def replay_twice(messages: int) -> tuple[float, dict[str, object]]:
    """Calls that the second replay made, and what the first one's reports say of each effect."""
    with checkout_cluster(ROOT) as server:
        template = TemplateDatabase(server, lambda url: migrate(url) and None, fingerprint="bench experiments")
        template.prepare()
        with template.clone() as url:
            async with open_pool(url, "evosense_pipeline", max_size=4) as pool:
                async with pool.connection() as connection:
                    master = MasterKey.from_secret("a secret key that only benchmarks know, 32+")
                    tenant_id = await add_tenant(connection, master, name="Loja")
                world = World(pool, url, tenant_id, ScriptedScorer())
                await world.fill(messages // 8)
                await world.drain()
                for effect in _EFFECTS.values():
                    await world.prompt(effect)
                verdicts = await _replay(world)
                before = world.scorer.calls
                await _replay(world)
                return float(world.scorer.calls - before), {"verdicts": verdicts, "messages": messages}


async def _replay(world: World) -> dict[str, str]:
    window = Window(FIRST_DAY, FIRST_DAY + timedelta(days=DAYS))
    async with world.pool.connection() as connection:
        run_id = await request_run(connection, ReplayRequest(window, ("v2", "v3", "v4"), "bench"))
    run = await advance(world.pool, EVERYONE, run_id)
    while run.is_open:
        await world.drain()
        run = await advance(world.pool, EVERYONE, run_id)
    async with world.pool.connection() as connection:
        reports = [await get_report(connection, EVERYONE, named) for named in run.report_hashes]
    return dict(zip(_EFFECTS, (report.verdict for report in reports), strict=True))
