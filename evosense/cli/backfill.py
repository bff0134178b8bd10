"""`evosense backfill …`: past days worked on again by Dagster."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID

import typer

if TYPE_CHECKING:
    from datetime import date

app = typer.Typer(name="backfill", help="Past days scored, embedded or built again.", no_args_is_help=True)
_Answer = TypeVar("_Answer")
_First = Annotated[str, typer.Option("--from", help="First local day: 2026-11-01.")]
_Last = Annotated[str, typer.Option("--to", help="Last local day, included.")]
_Tenant = Annotated[UUID | None, typer.Option(help="Only this company (its id); all when left out.")]


@app.command()
def scoring(
    first: _First,
    last: _Last,
    tenant: _Tenant = None,
    max_cost: Annotated[
        float | None, typer.Option(min=0, help="Refuse above so many US dollars, by the calls of the last week.")
    ] = None,
    estimate: Annotated[bool, typer.Option("--estimate", help="Only show what it would take.")] = False,
) -> None:
    """Ask for scores that past days lack; shows what they would cost and how long they would take."""
    _show_estimate(first, last, tenant)
    if not estimate:
        _request("scoring", first, last, tenant, max_cost)


def _show_estimate(first: str, last: str, tenant: UUID | None) -> None:
    from evosense.db.ids import EVERYONE
    from evosense.scoring.backfill import estimate
    from evosense.settings import AiSettings, load

    begin, end, owner = _asked(first, last, tenant)
    only = None if owner == EVERYONE else owner
    slots = load(AiSettings).ai_slots
    expected = _with_database(tenant, lambda connection: estimate(connection, begin, end, only, slots=slots))
    print(f"{expected.messages} messages lack a score: about {expected.cost_usd:.2f} USD and {expected.seconds:.0f} s")


@app.command()
def embeddings(first: _First, last: _Last, tenant: _Tenant = None) -> None:
    """Ask for vectors that past days lack."""
    _request("embeddings", first, last, tenant)


@app.command()
def warehouse(first: _First, last: _Last, tenant: _Tenant = None) -> None:
    """Ask for past days to be built again."""
    _request("warehouse", first, last, tenant)


@app.command("list")
def list_all(tenant: _Tenant = None) -> None:
    """List backfills, newest first."""
    from evosense.backfills.repository import list_backfills
    from evosense.db.ids import EVERYONE

    owner = tenant or EVERYONE
    found = _with_database(tenant, lambda connection: list_backfills(connection, owner))
    if not found:
        typer.echo("no backfill was asked for", err=True)  # no line of the list
    for one in found:
        done = f"{one.items_done}/{one.items}"
        print(f"{one.id}  {one.kind:10} {one.first_day} to {one.last_day}  {one.state:9} {done:>12}")


@app.command()
def cancel(backfill: UUID, tenant: _Tenant = None) -> None:
    """Cancel a backfill that is not over; what it has put into the queue is still done."""
    from evosense.backfills.repository import cancel_backfill
    from evosense.db.ids import EVERYONE

    owner = tenant or EVERYONE
    _with_database(tenant, lambda connection: cancel_backfill(connection, owner, backfill))
    print(f"backfill {backfill} is canceled")


def _request(kind: Any, first: str, last: str, tenant: UUID | None, max_cost_usd: float | None = None) -> None:
    from evosense.backfills.repository import request_backfill

    begin, end, owner = _asked(first, last, tenant)
    asked = _with_database(
        tenant,
        lambda connection: request_backfill(
            connection, kind, begin, end, requested_by="command line", tenant_id=owner, max_cost_usd=max_cost_usd
        ),
    )
    print(f"backfill {asked} is asked for; Dagster starts it within seconds")


def _asked(first: str, last: str, tenant: UUID | None) -> tuple[date, date, UUID]:
    from datetime import date

    from evosense.db.ids import EVERYONE
    from evosense.errors import InvalidInput

    try:
        begin, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        message = "write days like 2026-11-01"
        raise InvalidInput(message) from None
    if begin > end:
        message = "the first day must not be after the last day"
        raise InvalidInput(message)
    return begin, end, tenant or EVERYONE


def _with_database(tenant: UUID | None, work: Callable[[Any], Awaitable[_Answer]]) -> _Answer:
    """Do the work; a company that there isn't is named first, or its days would be asked for in vain."""
    from evosense.db.database import connect
    from evosense.settings import DatabaseSettings, load
    from evosense.stack.setup import open_database
    from evosense.tenants.repository import get_tenant

    async def run(url: str) -> _Answer:
        async with await connect(url, "evosense_pipeline") as connection:
            if tenant is not None:
                await get_tenant(connection, tenant)
            return await work(connection)

    with open_database(load(DatabaseSettings)) as url:
        return asyncio.run(run(url))
