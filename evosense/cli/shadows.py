"""`evosense shadows …`: challengers beside the champion, registered, begun, looked at, ended."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import typer

from evosense.cli.experiments import goal_of, owner_of, with_database

app = typer.Typer(name="shadows", help="Challengers that score a sample beside the champion.", no_args_is_help=True)
_Tenant = Annotated[UUID | None, typer.Option(help="Whose (id); everybody's when left out.")]
_Id = Annotated[UUID, typer.Argument(help="The experiment's id, as `evosense shadows list` shows it.")]
_Actor = Annotated[str, typer.Option(help="Who you are.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What to call the experiment.")],
    challenger: Annotated[list[str], typer.Option(help="v7, a channel or the beginning of a hash; several times.")],
    hypothesis: Annotated[str, typer.Option(help="What you expect, in a sentence.")],
    actor: _Actor,
    share: Annotated[float, typer.Option(help="Share of messages for each challenger.")] = 0.1,
    primary: Annotated[str, typer.Option(help="The measure that decides.")] = "sentiment",
    goal: Annotated[str, typer.Option(help="better, not_worse or same.")] = "better",
    margin: Annotated[float, typer.Option(help="The smallest difference that matters.")] = 0.02,
    begin: Annotated[bool, typer.Option("--begin", help="Begin at once.")] = False,
    tenant: _Tenant = None,
) -> None:
    """Register a question; it samples nothing until it begins."""
    from evosense.experiments.models import Question
    from evosense.experiments.register_shadow import ShadowRequest, begin_shadow, challengers_of, register_shadow

    request = ShadowRequest(
        name=name,
        hypothesis=hypothesis,
        challengers=challengers_of(challenger, round(share * 10_000)),
        created_by=actor,
        question=Question(primary=primary, goal=goal_of(goal), margin=margin),
    )
    owner = owner_of(tenant)

    async def act(connection: Any) -> str:
        experiment = await register_shadow(connection, owner, request)
        if begin:
            experiment = await begin_shadow(connection, owner, experiment.id, actor)
        return f"{experiment.id}  {experiment.state}  {experiment.planned_chats} chat days planned"

    print(with_database(act))


@app.command("list")
def list_all(tenant: _Tenant = None) -> None:
    """List experiments, newest first."""
    from evosense.experiments.registry import list_experiments

    owner = owner_of(tenant)
    for one in with_database(lambda connection: list_experiments(connection, owner)):
        print(f"{one.id}  {one.state:12}  {one.created_at:%Y-%m-%d %H:%M}  {one.name}")


@app.command()
def show(experiment: _Id, tenant: _Tenant = None) -> None:
    """Show what the monitor last saw of each challenger, and the decisions so far."""
    from evosense.experiments.readings import readings_of
    from evosense.experiments.registry import events_of, get_experiment

    owner = owner_of(tenant)

    async def read(connection: Any) -> list[str]:
        found = await get_experiment(connection, owner, experiment)
        lines = [f"{found.name}: {found.state}, {found.primary_measure} {found.goal}, margin {found.margin:g}"]
        for one in await readings_of(connection, found):
            seen = one.reading
            lines.append(f"{one.arm}: {seen['decision']} after {seen['units']} chat days: {seen['reason']}")
        lines += [
            f"{e.at:%Y-%m-%d %H:%M}  {e.kind}  {e.arm or '-'}  {e.actor}" for e in await events_of(connection, found)
        ]
        return lines

    print("\n".join(with_database(read)))


@app.command()
def begin(experiment: _Id, actor: _Actor, tenant: _Tenant = None) -> None:
    """Freeze the question and sample from now on."""
    from evosense.experiments.register_shadow import begin_shadow

    owner = owner_of(tenant)
    print(with_database(lambda connection: begin_shadow(connection, owner, experiment, actor)).state)


@app.command()
def stop(experiment: _Id, actor: _Actor, tenant: _Tenant = None) -> None:
    """End it; waiting calls are taken back by the monitor's next look."""
    from evosense.experiments.register_shadow import stop_shadow

    owner = owner_of(tenant)
    print(with_database(lambda connection: stop_shadow(connection, owner, experiment, actor)).state)
