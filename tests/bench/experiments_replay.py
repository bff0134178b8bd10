"""Three prompts with known effects over demo messages, through the whole pipeline twice.

The first time says whether the verdicts are right, the second how many calls it makes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from evosense.db.database import open_pool
from evosense.db.ids import EVERYONE
from evosense.db.migrate import migrate
from evosense.experiments.datasets import Window
from evosense.experiments.replay import advance
from evosense.experiments.reports import Report, get_report
from evosense.experiments.run_models import ReplayRequest
from evosense.experiments.runs import request_run
from evosense.tenants.keys import MasterKey
from evosense.tenants.repository import add_tenant
from evosense.testing.postgres import TemplateDatabase, checkout_cluster
from evosense.testing.scenes import BUSINESSES, history
from evosense.testing.scripted_scorer import Effect, ScriptedScorer
from tests.integration.experiments.conftest import DAYS, FIRST_DAY, World

ROOT = Path(__file__).resolve().parents[2]
_EFFECTS = {"none": Effect(0.0), "small": Effect(0.03), "harmful": Effect(-0.15, invalid=0.08)}
# What a right report says of each effect: how its verdict begins, and the gates' outcome.
_RIGHT = {
    "none": ("No difference that matters", "undecided"),
    "small": ("The candidate is better", "pass"),
    "harmful": ("The candidate is worse", "fail"),
}


@dataclass(frozen=True)
class Story:
    """Calls that the second replay made; how many verdicts of the first were right, and how many intervals cover."""

    rerun_calls: int
    right: int
    covered: int
    messages: int
    verdicts: dict[str, str]


def demo_texts() -> list[str]:
    """What customers of the demo's businesses write in a month."""
    start = datetime(2026, 10, 1, tzinfo=UTC).timestamp()
    said = [m for key in BUSINESSES for m in history(key, "bench", start, start + 30 * 86_400)]
    return [message.text for message in said if message.from_customer and message.text]


async def replay_twice(messages: int) -> Story:
    """Score `messages` demo messages, replay them under three prompts with known effects, and replay them again."""
    with checkout_cluster(ROOT) as server:
        template = TemplateDatabase(server, lambda url: migrate(url) and None, fingerprint="bench experiments")
        template.prepare()
        with template.clone() as url:
            async with open_pool(url, "evosense_pipeline", max_size=4) as pool:
                async with pool.connection() as connection:
                    master = MasterKey.from_secret("a secret key that only benchmarks know, 32+")
                    tenant_id = await add_tenant(connection, master, name="Loja")
                world = World(pool, url, tenant_id, ScriptedScorer())
                written = await world.fill(messages // 8, texts=demo_texts())
                await world.drain()
                for effect in _EFFECTS.values():
                    await world.prompt(effect)
                reports = await _replay(world)
                before = world.scorer.calls
                await _replay(world)
                return Story(
                    rerun_calls=world.scorer.calls - before,
                    right=sum(_is_right(name, report) for name, report in reports.items()),
                    covered=sum(_covers(name, report) for name, report in reports.items()),
                    messages=written,
                    verdicts={name: report.verdict for name, report in reports.items()},
                )


def _is_right(name: str, report: Report) -> bool:
    begins, outcome = _RIGHT[name]
    return report.verdict.startswith(begins) and report.outcome == outcome


def _covers(name: str, report: Report) -> bool:
    """Whether the interval of sentiment holds the true effect (answers are whole hundredths, within -1..1)."""
    effect = next(one for one in report.content["effects"] if one["measure"] == "sentiment")
    return effect["low"] <= _EFFECTS[name].shift <= effect["high"]


async def _replay(world: World) -> dict[str, Report]:
    window = Window(FIRST_DAY, FIRST_DAY + timedelta(days=DAYS))
    async with world.pool.connection() as connection:
        run_id = await request_run(connection, ReplayRequest(window, ("v2", "v3", "v4"), "bench"))
    run = await advance(world.pool, EVERYONE, run_id)
    while run.is_open:
        await world.drain()
        run = await advance(world.pool, EVERYONE, run_id)
    async with world.pool.connection() as connection:
        reports = [await get_report(connection, EVERYONE, named) for named in run.report_hashes]
    return dict(zip(_EFFECTS, reports, strict=True))
