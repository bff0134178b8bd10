"""`evosense billing …`: prices at Stripe, trials, contracts, and the daily look on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer

app = typer.Typer(name="billing", help="Plans at Stripe, trials and contracts.", no_args_is_help=True)

_Answer = TypeVar("_Answer")
# Who made an agreement, in the company's audit log.
_ACTOR = "command line"


@app.callback()
def _billing() -> None:
    """Plans at Stripe, trials and contracts."""


@app.command()
def prices() -> None:
    """Make the prices of all plans and add-ons at Stripe, or new ones where an amount has changed here."""
    from evosense.billing.plans import load_catalogue
    from evosense.billing.price_list import publish_prices

    async def run(connection: Any, payments: Any) -> list[str]:
        return await publish_prices(payments, await load_catalogue(connection))

    made = _with_stripe(run)
    print("\n".join(f"made  {lookup_key}" for lookup_key in made) if made else "every price is at Stripe already")


@app.command()
def reconcile() -> None:
    """Compare every customer with Stripe now, repair our side, and list what differs."""
    from datetime import UTC, datetime

    from evosense.billing.gateway import open_gateway
    from evosense.billing.reconcile import Drift
    from evosense.billing.reconcile import reconcile as look
    from evosense.db.database import open_pool
    from evosense.settings import BillingSettings, load
    from evosense.stack.setup import open_database

    async def run(url: str) -> list[Drift]:
        async with open_pool(url, "evosense_pipeline") as pool, open_gateway(load(BillingSettings)) as payments:
            return await look(pool, payments, datetime.now(UTC))

    with open_database(_settings()) as url:
        drifts = asyncio.run(run(url))
    for drift in drifts:
        print(f"{drift.tenant_id}  {drift.kind:22} {drift.ref}  {drift.detail}")
    if not drifts:
        print("everything agrees with Stripe")


@app.command()
def trial(tenant: Annotated[str, typer.Argument(help="The company's id (evosense tenants list).")]) -> None:
    """Let a company try its plan; without a subscription its access ends with the trial."""
    from evosense.billing.agreements import begin_trial

    tenant_id, livemode = _tenant(tenant), _livemode()
    ends_at = _with_database(lambda connection: begin_trial(connection, tenant_id, livemode=livemode, actor=_ACTOR))
    print(f"trial until {ends_at:%Y-%m-%d %H:%M}Z")


@app.command()
def contract(
    tenant: Annotated[str, typer.Argument(help="The company's id.")],
    reason: Annotated[str, typer.Option(help="Which contract says so.")],
    plan: Annotated[str, typer.Option(help="The plan that the contract is for.")] = "enterprise",
    end: Annotated[bool, typer.Option("--end", help="The contract is over: a subscription decides again.")] = False,
    days: Annotated[int, typer.Option(help="With --end: days to buy a subscription.", min=0)] = 14,
) -> None:
    """Put a company under contract: people look after it, nothing is switched off by itself. Ends with --end."""
    from datetime import UTC, datetime, timedelta

    from evosense.billing.agreements import begin_contract, end_contract

    tenant_id, livemode = _tenant(tenant), _livemode()
    if not end:
        _with_database(
            lambda connection: begin_contract(
                connection, tenant_id, plan, livemode=livemode, actor=_ACTOR, reason=reason
            )
        )
        print(f"under contract, plan {plan}")
        return
    ends_at = datetime.now(UTC) + timedelta(days=days)
    _with_database(lambda connection: end_contract(connection, tenant_id, actor=_ACTOR, reason=reason, ends_at=ends_at))
    print(f"the contract is over; a subscription is needed by {ends_at:%Y-%m-%d %H:%M}Z")


@app.command()
def limit(
    tenant: Annotated[str, typer.Argument(help="The company's id.")],
    meter: Annotated[str, typer.Argument(help="connections, users, contacts, exports or campaigns.")],
    reason: Annotated[str, typer.Option(help="Which contract says so.")],
    value: Annotated[int | None, typer.Option(help="The limit; left out: no limit.", min=0)] = None,
) -> None:
    """Set a limit that a contract agreed; it goes before the plan and its add-ons."""
    from evosense.billing.agreements import agree_on_limit
    from evosense.billing.models import METERS, Meter
    from evosense.errors import InvalidInput

    found: Meter | None = next((one for one in METERS if one == meter), None)
    if found is None:
        message = f"there is no meter {meter!r}; the meters are {', '.join(METERS)}"
        raise InvalidInput(message)
    tenant_id = _tenant(tenant)
    _with_database(lambda connection: agree_on_limit(connection, tenant_id, found, value, actor=_ACTOR, reason=reason))
    print(f"{meter}: {'no limit' if value is None else value}")


def _tenant(text: str) -> UUID:
    from evosense.errors import InvalidInput

    try:
        return UUID(text)
    except ValueError:
        message = "that is no company's id; `evosense tenants list` shows them"
        raise InvalidInput(message) from None


def _livemode() -> bool:
    from evosense.billing.gateway import is_live
    from evosense.settings import BillingSettings, load

    return is_live(load(BillingSettings))


def _settings() -> Any:
    from evosense.settings import DatabaseSettings, load

    return load(DatabaseSettings)


def _with_database(work: Callable[[Any], Awaitable[_Answer]]) -> _Answer:
    from evosense.db.database import connect
    from evosense.stack.setup import open_database

    async def run(url: str) -> _Answer:
        async with await connect(url, "evosense_pipeline") as connection, connection.transaction():
            return await work(connection)

    with open_database(_settings()) as url:
        return asyncio.run(run(url))


def _with_stripe(work: Callable[[Any, Any], Awaitable[_Answer]]) -> _Answer:
    from evosense.billing.gateway import open_gateway
    from evosense.settings import BillingSettings, load

    async def run(connection: Any) -> _Answer:
        async with open_gateway(load(BillingSettings)) as payments:
            return await work(connection, payments)

    return _with_database(run)
