"""`evosense experiments …`: replays planned, asked for, watched and canceled; reports shown and written to files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from evosense.cli.experiments import owner_of, with_database, with_url

if TYPE_CHECKING:
    from evosense.experiments.run_models import ReplayRequest

app = typer.Typer(name="experiments", help="Replays of production messages, and their reports.", no_args_is_help=True)
_Candidates = Annotated[list[str], typer.Argument(help="v7, a channel or the beginning of a hash; one or more.")]
_Window = Annotated[str, typer.Option(help="First and last local day: 2026-11-01/2026-11-14.")]
_Tenants = Annotated[list[str] | None, typer.Option("--tenant", help="Only these companies (ids); all when left out.")]
_Share = Annotated[float, typer.Option(help="Deterministic sample of the messages, 0.1 for a tenth.")]
_Emotions = Annotated[list[str] | None, typer.Option("--emotion", help="Only messages of this official emotion.")]
_Connections = Annotated[list[str] | None, typer.Option("--connection", help="Only of this connection (id).")]
_Baseline = Annotated[str, typer.Option(help="What to compare with.")]
_Name = Annotated[str, typer.Option(help="The prompt's name.")]
_Tenant = Annotated[UUID | None, typer.Option(help="Whose (id); those over several companies when left out.")]
_Run = Annotated[UUID, typer.Argument(help="The replay's id, as `evosense experiments list` shows it.")]
_Report = Annotated[str, typer.Argument(help="The report's hash (r1:…).")]


@app.command()
def plan(
    candidates: _Candidates,
    window: _Window,
    tenant: _Tenants = None,
    share: _Share = 1.0,
    emotion: _Emotions = None,
    connection: _Connections = None,
    baseline: _Baseline = "champion",
    name: _Name = "sentiment",
    delta: Annotated[float, typer.Option(help="The smallest difference that matters.")] = 0.02,
) -> None:
    """Show what a replay would take and could show; changes nothing."""
    from evosense.experiments.preview import preview

    request = _request(candidates, window, tenant, (share, emotion, connection), (baseline, name), None)
    seen = with_database(lambda database: preview(database, request, delta=delta))
    print(
        f"{seen.items} messages in {seen.chats} chats: {seen.calls - seen.reused} calls to make, {seen.reused} reused, "
        f"about {seen.cost_micros / 1e6:.2f} USD and {seen.eta_seconds:.0f} s\n"
        f"chance to see {seen.delta:g}: {seen.power:.0%} (80 % need about {seen.chats_needed} chats)"
    )


@app.command()
def replay(
    candidates: _Candidates,
    window: _Window,
    actor: Annotated[str, typer.Option(help="Who you are.")],
    tenant: _Tenants = None,
    share: _Share = 1.0,
    emotion: _Emotions = None,
    connection: _Connections = None,
    baseline: _Baseline = "champion",
    name: _Name = "sentiment",
    max_cost: Annotated[float | None, typer.Option(help="Refuse to start above this many US dollars.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Drive it from here and show how far it is.")] = False,
) -> None:
    """Ask for a replay. Dagster starts it within seconds; with --wait this command does, and `resume` if it dies."""
    from evosense.experiments.blocking import with_pool
    from evosense.experiments.replay import wait_for
    from evosense.experiments.run_models import Run
    from evosense.experiments.runs import request_run

    request = _request(candidates, window, tenant, (share, emotion, connection), (baseline, name), max_cost, actor)
    run_id = with_database(lambda database: request_run(database, request))
    print(run_id)
    if not wait:
        return

    def drive(url: str) -> Run:
        return with_pool(url, lambda pool: wait_for(pool, request.window.scope, run_id, tell=_tell))

    ended = with_url(drive)
    _show(ended)
    raise typer.Exit(0 if ended.state == "done" else 1)


@app.command()
def resume(run: _Run, tenant: _Tenant = None) -> None:
    """Drive a replay that is not over from here; what is answered already is never asked again."""
    from evosense.experiments.blocking import with_pool
    from evosense.experiments.replay import wait_for

    owner = owner_of(tenant)
    ended = with_url(lambda url: with_pool(url, lambda pool: wait_for(pool, owner, run, tell=_tell)))
    _show(ended)
    raise typer.Exit(0 if ended.state == "done" else 1)


@app.command("list")
def list_all(tenant: _Tenant = None) -> None:
    """List replays, newest first."""
    from evosense.experiments.runs import list_runs

    owner = owner_of(tenant)
    for run in with_database(lambda database: list_runs(database, owner)):
        _tell(run)


@app.command()
def show(run: _Run, tenant: _Tenant = None) -> None:
    """Show a replay with its days and reports."""
    from evosense.experiments.runs import days_of_run, get_run

    owner = owner_of(tenant)

    async def read(database: Any) -> tuple[Any, Any]:
        found = await get_run(database, owner, run)
        return found, await days_of_run(database, found)

    found, days = with_database(read)
    _show(found)
    for day in days:
        print(f"{day.local_day}  {day.answered} of {day.calls} answered, {day.waiting} waiting, {day.missing} missing")


@app.command()
def cancel(run: _Run, tenant: _Tenant = None) -> None:
    """Cancel a replay and take its waiting calls back; what was answered stays and is reused."""
    from evosense.experiments.runs import cancel_run, get_run

    owner = owner_of(tenant)

    async def act(database: Any) -> int:
        return await cancel_run(database, await get_run(database, owner, run))

    print(f"canceled; {with_database(act)} waiting calls taken back")


@app.command()
def reports(tenant: _Tenant = None) -> None:
    """List reports, newest first."""
    from evosense.experiments.reports import list_reports

    owner = owner_of(tenant)
    for one in with_database(lambda database: list_reports(database, owner)):
        print(f"{one.report_hash[:15]}  {one.created_at:%Y-%m-%d %H:%M}  {one.outcome:9}  {one.verdict}")


@app.command()
def report(
    report_hash: _Report,
    to: Annotated[Path | None, typer.Option(help="Write it there: .html, .json, .csv, .md or .parquet.")] = None,
    tenant: _Tenant = None,
) -> None:
    """Show a report, or write it to a file; aggregates only, never a message."""
    from evosense.experiments.load_card import card_from
    from evosense.experiments.render import in_form, to_markdown
    from evosense.experiments.reports import get_report

    owner = owner_of(tenant)
    found = with_database(lambda database: get_report(database, owner, report_hash))
    card = card_from(found.content)
    if to is None:
        print(f"{to_markdown(card)}\n\n{found.report_hash} ({found.outcome})")
        return
    form = to.suffix.removeprefix(".")
    to.write_bytes(found.card if form == "json" else in_form(card, form, report_hash=found.report_hash))
    print(f"written to {to}")


@app.command()
def drift() -> None:
    """Show where official scores of the last week are spread otherwise than in the month before."""
    from evosense.experiments.champion_drift import champion_drifts

    for one in with_database(champion_drifts):
        moved = f"{one.history_mean:+.3f} -> {one.recent_mean:+.3f}"
        seen = "drifts" if one.is_drift else "as before"
        print(f"{one.tenant_id}  {moved}  PSI {one.drift.estimate:.3f}, p {one.adjusted_p:.3g}: {seen}")


def _request(
    candidates: list[str],
    window: str,
    tenants: list[str] | None,
    part: tuple[float, list[str] | None, list[str] | None],
    prompt: tuple[str, str],
    max_cost: float | None,
    actor: str = "command line",
) -> ReplayRequest:
    from evosense.experiments.notebook import parse_window
    from evosense.experiments.run_models import ReplayRequest

    share, emotions, connections = part
    baseline, name = prompt
    return ReplayRequest(
        parse_window(window, tenants or "all", share=share, emotions=emotions, connections=connections),
        tuple(candidates),
        actor,
        name,
        baseline,
        max_cost_micros=None if max_cost is None else round(max_cost * 1e6),
    )


def _tell(run: Any) -> None:
    of = f"{run.calls_done} of {run.calls_planned} answered ({run.calls_reused} reused)"
    print(f"{run.id}  {run.state:9}  {run.first_day} to {run.last_day}  {', '.join(run.candidates)}  {of}", flush=True)


def _show(run: Any) -> None:
    _tell(run)
    if run.error_class:
        print(run.error_class)
    for named in run.report_hashes:
        print(named)
