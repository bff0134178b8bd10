"""Every notebook runs from its first cell to its last, on a database with messages and a drain that answers."""

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import evosense as ev
from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.errors import InvalidInput
from evosense.experiments.shadow import plan
from evosense.scoring.drain import Drain
from evosense.testing.scripted_scorer import Effect
from tests.integration.experiments.test_shadow import running

NOTEBOOKS = Path(__file__).resolve().parents[3] / "notebooks"


@asynccontextmanager
async def draining(world):
    """The drain, as `evosense up` keeps it."""
    stop = asyncio.Event()
    working = asyncio.create_task(Drain(world.url, world.pool, world.scorer, EmbeddedEmbedder()).run(stop))
    try:
        yield
    finally:
        stop.set()
        await working


async def executed(world, monkeypatch, name: str) -> list[str]:
    """The notebook's outputs as text, one entry per code cell."""
    monkeypatch.setenv("DATABASE_URL", world.url)
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    async with draining(world):
        await NotebookClient(notebook, timeout=240, kernel_name="python3").async_execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return ["\n".join(str(output.get("data", output.get("text", ""))) for output in cell.outputs) for cell in cells]


async def test_from_empty_to_a_verdict_and_what_is_behind_it(scored_world, monkeypatch):
    """Notebook 01 replays; the others find every answer there."""
    await scored_world.prompt(Effect(0.05, noise=0.1))
    verdict, gates = await executed(scored_world, monkeypatch, "01_compare_two_prompts")
    calls = scored_world.scorer.calls
    assert "The candidate is better" in verdict
    assert "calls to make" in verdict
    assert "376" in gates
    regressions, slices, _ = await executed(scored_world, monkeypatch, "02_regressions_and_slices")
    assert "mensagem" in regressions
    assert "hour" in slices
    _, calibration = await executed(scored_world, monkeypatch, "04_labels_and_calibration")
    assert "no labels yet" in calibration
    assert await scored_world.rows("select count(*) > 30 from app.label_request") == [(True,)]
    daily, _, retention = await executed(scored_world, monkeypatch, "05_what_if_kpis")
    assert "avg_sentiment_b" in daily
    assert "kept_pct_b" in retention
    assert scored_world.scorer.calls == calls


async def test_kpis_and_retention_are_those_of_the_api(scored_world, monkeypatch):
    [(tenant_id, first, last, scored)] = await scored_world.rows(
        "select m.tenant_id, min(m.sent_at at time zone t.timezone)::date,"
        " max(m.sent_at at time zone t.timezone)::date, count(s.message_id)"
        " from app.message as m inner join app.tenant as t on t.tenant_id = m.tenant_id"
        " left join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id"
        " group by m.tenant_id order by count(*) desc limit 1"
    )
    monkeypatch.setenv("COMPANY", str(tenant_id))
    monkeypatch.setenv("WINDOW", f"{first}/{last}")
    daily, cohorts = await executed(scored_world, monkeypatch, "06_kpis_and_retention")
    assert "satisfaction_mean" in daily
    assert "cohort" in cohorts
    frame = await asyncio.to_thread(ev.kpis, tenant_id, f"{first}/{last}", url=scored_world.url)
    assert frame["scored"].sum() == scored
    with pytest.raises(InvalidInput, match="a window is two days"):
        ev.kpis(tenant_id, "yesterday", url=scored_world.url)


async def test_shadows(world, monkeypatch):
    experiment = await running(world, {"small": (Effect(0.01), 10_000)}, planned_chats=200)
    await world.fill(60)
    await world.drain()
    async with world.pool.connection() as connection:
        await plan(connection, experiment)
    await world.drain()
    shown, ratios = await executed(world, monkeypatch, "03_shadow_monitoring")
    assert "exp/small" in shown
    assert "<svg" in shown
    assert "small" in ratios


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebooks_hold_neither_outputs_nor_logic(path):
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    assert not any(word in cell.source for cell in code for word in ("def ", "class ", "select ", "psycopg"))
