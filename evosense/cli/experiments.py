"""`evosense compare` and `evosense prompts …`: prompt versions, who is live, and which one is better."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID

import typer

if TYPE_CHECKING:
    from evosense.experiments.models import Goal

app = typer.Typer(name="prompts", help="Prompt versions and the channels that point to them.", no_args_is_help=True)

_Answer = TypeVar("_Answer")
_PASS, _REGRESSION, _UNMEASURABLE = 0, 1, 2
_TENANT = typer.Option(help="Whose (id); everybody's when left out.")
_Tenant = Annotated[UUID | None, _TENANT]


def compare(
    baseline: Annotated[str, typer.Argument(help="name@version, e.g. sentiment@champion.")],
    candidate: Annotated[str, typer.Argument(help="name@version, e.g. sentiment@v7.")],
    window: Annotated[str, typer.Option(help="First and last local day: 2026-11-01/2026-11-14.")],
    tenant: Annotated[list[str] | None, typer.Option(help="Only these companies (ids); all when left out.")] = None,
    share: Annotated[float, typer.Option(help="Deterministic sample of the messages, 0.1 for a tenth.")] = 1.0,
    emotion: Annotated[list[str] | None, typer.Option(help="Only messages of this official emotion.")] = None,
    connection: Annotated[list[str] | None, typer.Option(help="Only messages of this connection (id).")] = None,
    primary: Annotated[str, typer.Option(help="The measure that decides.")] = "sentiment",
    goal: Annotated[str, typer.Option(help="better, not_worse or same.")] = "better",
    margin: Annotated[float, typer.Option(help="The smallest difference that matters.")] = 0.02,
    max_cost: Annotated[float | None, typer.Option(help="Refuse to start above this many US dollars.")] = None,
    gate: Annotated[bool, typer.Option("--gate", help="Exit 0 pass, 1 regression, 2 unmeasurable.")] = False,
    html: Annotated[Path | None, typer.Option(help="Also write the report as a page.")] = None,
) -> None:
    """Compare two prompts on production messages: replays what is missing, prints the report."""
    from evosense.experiments import notebook
    from evosense.experiments.models import Question

    def run() -> str:
        wanted = goal_of(goal)
        found = with_url(
            lambda url: notebook.compare(
                baseline,
                candidate,
                window=window,
                tenants=tenant or "all",
                share=share,
                emotions=emotion,
                connections=connection,
                question=Question(primary=primary, goal=wanted, margin=margin),
                max_cost_usd=max_cost,
                by="command line",
                url=url,
            )
        )
        print(found)
        if html:
            print(f"written to {found.to_html(html)}")
        return found.outcome

    if not gate:
        run()
        return
    try:
        outcome = run()
    except Exception as error:  # noqa: BLE001 - exit 1 means a regression, so nothing else may end with it
        print(f"unmeasurable: {getattr(error, 'detail', type(error).__name__)}")
        raise typer.Exit(_UNMEASURABLE) from None
    raise typer.Exit({"pass": _PASS, "fail": _REGRESSION}.get(outcome, _UNMEASURABLE))


@app.command("list")
def list_all(
    name: Annotated[str, typer.Argument(help="The prompt's name.")] = "sentiment", tenant: _Tenant = None
) -> None:
    """List versions, newest first, with the channels that point to them."""
    from evosense.prompts.channels import list_versions

    owner = owner_of(tenant)
    for one in with_database(lambda connection: list_versions(connection, owner, name=name)):
        live = ", ".join(one.channels)
        print(f"{one.name}@v{one.version_no:<4} {one.prompt_hash[:15]}  {one.created_at:%Y-%m-%d %H:%M}  {live}")


@app.command()
def register(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON: messages, few_shots, output_schema")],
    author: Annotated[str, typer.Option(help="Who wrote it.")],
    name: Annotated[str, typer.Option(help="The prompt's name.")] = "sentiment",
    parent: Annotated[str | None, typer.Option(help="The version it was made from (hash).")] = None,
    tenant: _Tenant = None,
) -> None:
    """Register a version; ships nothing. Without output_schema the built-in one holds."""
    from evosense.prompts.parse import prompt_from_json
    from evosense.prompts.registry import register as store

    prompt = prompt_from_json(file.read_bytes())
    owner = owner_of(tenant)
    print(
        with_database(
            lambda connection: store(connection, prompt, tenant_id=owner, name=name, author=author, parent_hash=parent)
        )
    )


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="champion, v3 or the beginning of a hash.")],
    new: Annotated[str, typer.Argument(help="The same.")],
    name: Annotated[str, typer.Option(help="The prompt's name.")] = "sentiment",
    tenant: _Tenant = None,
) -> None:
    """Show what changed between two versions."""
    from evosense.prompts.channels import list_versions, resolve
    from evosense.prompts.diff import diff as compare_texts

    owner = owner_of(tenant)

    async def read(connection: Any) -> str:
        found = [
            (await list_versions(connection, owner, prompt_hash=await resolve(connection, owner, name, one)))[0]
            for one in (old, new)
        ]
        return compare_texts(*found)

    print(with_database(read) or "no difference")


@app.command()
def promote(
    version: Annotated[str, typer.Argument(help="v3 or the beginning of a hash.")],
    actor: Annotated[str, typer.Option(help="Who you are.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    report: Annotated[str | None, typer.Option(help="The passing report (r1:…); champion needs one.")] = None,
    approver: Annotated[str | None, typer.Option(help="The second person, where four eyes are wanted.")] = None,
    channel: Annotated[str, typer.Option(help="The channel to move.")] = "champion",
    name: Annotated[str, typer.Option(help="The prompt's name.")] = "sentiment",
    tenant: _Tenant = None,
) -> None:
    """Let a channel point to a version; champion moves on a passing report only."""
    from evosense.experiments.promotion import promote as move_channel
    from evosense.prompts.channels import Move, resolve

    owner = owner_of(tenant)

    async def act(connection: Any) -> str:
        prompt_hash = await resolve(connection, owner, name, version)
        move = Move(name, channel, actor, reason, approver, report)
        await move_channel(connection, owner, prompt_hash, move)
        return prompt_hash

    print(f"{name}@{channel} is {with_database(act)} now")


@app.command()
def rollback(
    actor: Annotated[str, typer.Option(help="Who you are.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    approver: Annotated[str | None, typer.Option(help="The second person, where four eyes are wanted.")] = None,
    channel: Annotated[str, typer.Option(help="The channel to move back.")] = "champion",
    name: Annotated[str, typer.Option(help="The prompt's name.")] = "sentiment",
    tenant: _Tenant = None,
) -> None:
    """Undo the latest move of a channel."""
    from evosense.prompts.channels import Move, roll_back

    owner = owner_of(tenant)
    move = Move(name, channel, actor, reason, approver)
    target = with_database(lambda connection: roll_back(connection, owner, move))
    print(f"{name}@{channel} is {target or 'inherited from everybody'} again")


@app.command()
def events(
    name: Annotated[str, typer.Argument(help="The prompt's name.")] = "sentiment", tenant: _Tenant = None
) -> None:
    """Show who moved which channel, when and why."""
    from evosense.prompts.channels import list_events

    owner = owner_of(tenant)
    for event in with_database(lambda connection: list_events(connection, owner, name=name)):
        old, new = (event.from_hash or "-")[:15], (event.to_hash or "-")[:15]
        print(f"{event.at:%Y-%m-%d %H:%M}  {event.channel:12} {old} -> {new}  {event.actor}: {event.reason}")


def goal_of(goal: str) -> Goal:
    """What the candidate shall be. Raises InvalidInput for any other word."""
    from evosense.errors import InvalidInput

    if goal not in ("better", "not_worse", "same"):
        message = "--goal must be better, not_worse or same"
        raise InvalidInput(message)
    return goal


def owner_of(tenant: UUID | None) -> UUID:
    """The tenant whose id was given, else everybody."""
    from evosense.db.ids import EVERYONE

    return EVERYONE if tenant is None else tenant


def with_url(work: Callable[[str], _Answer]) -> _Answer:
    """Run `work` with the database's address; an embedded server is started for as long when none runs."""
    from evosense.settings import DatabaseSettings, load
    from evosense.stack.setup import open_database

    with open_database(load(DatabaseSettings)) as url:
        return work(url)


def with_database(work: Callable[[Any], Awaitable[_Answer]]) -> _Answer:
    """Run `work` on a connection, in one transaction."""
    from evosense.db.database import connect

    async def run(url: str) -> _Answer:
        async with await connect(url, "evosense_pipeline", autocommit=False) as connection:
            return await work(connection)

    return with_url(lambda url: asyncio.run(run(url)))
