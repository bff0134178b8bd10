"""`evosense tenants …`: companies and their first person."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

app = typer.Typer(name="tenants", help="Companies and their first person.", no_args_is_help=True)


@app.callback()
def _tenants() -> None:
    """Companies and their first person."""


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The company's name.")],
    email: Annotated[str, typer.Option(help="E-mail of its first administrator, who logs in with it.")],
    person: Annotated[str, typer.Option(help="That person's name.")] = "Administrator",
    plan: Annotated[str, typer.Option(help="starter, pro, scale or enterprise.")] = "pro",
    timezone: Annotated[str, typer.Option(help="IANA name; days are counted in it.")] = "America/Sao_Paulo",
    trial: Annotated[bool, typer.Option("--trial", help="Try the plan for 14 days, then a subscription.")] = False,
) -> None:
    """Add a company and its administrator; prints the tenant's id and a generated password, once."""
    from evosense.settings import BillingSettings, DatabaseSettings, load
    from evosense.stack.new_tenant import NewTenant, add_company
    from evosense.stack.setup import open_database, secret_key

    settings = load(DatabaseSettings)
    livemode = False
    if trial:
        from evosense.billing.gateway import is_live

        livemode = is_live(load(BillingSettings))
    company = NewTenant(name, email, person, plan, timezone, trial=trial, livemode=livemode)
    with open_database(settings) as url:
        tenant_id, password = asyncio.run(add_company(url, secret_key(settings), company))
    print(f"tenant    {tenant_id}\nlog-in    {email}\npassword  {password}   (shown only now)")


@app.command("list")
def list_all() -> None:
    """List the companies."""
    from evosense.settings import DatabaseSettings, load
    from evosense.stack.new_tenant import companies
    from evosense.stack.setup import open_database

    with open_database(load(DatabaseSettings)) as url:
        for tenant in asyncio.run(companies(url)):
            print(f"{tenant.tenant_id}  {tenant.status:9} {tenant.plan_id:10} {tenant.name}")
