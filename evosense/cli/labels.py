"""`evosense labels …`: which messages people are asked about, how far they agree, and gold sets."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import typer

from evosense.cli.experiments import owner_of, with_database

app = typer.Typer(name="labels", help="What people say about messages.", no_args_is_help=True)
_Tenant = Annotated[UUID | None, typer.Option(help="Whose (id); everybody's when left out.")]


@app.command()
def request(
    report: Annotated[str, typer.Argument(help="The report (r1:…) whose messages are put before people.")],
    size: Annotated[int, typer.Option(help="How many messages.")] = 200,
    raters: Annotated[int, typer.Option(min=1, max=5, help="How many people shall judge each.")] = 2,
    tenant: _Tenant = None,
) -> None:
    """Draw messages of a report with known chances, disagreements more often, and put them before people."""
    from evosense.experiments.labels import request_labels
    from evosense.experiments.models import Arm
    from evosense.experiments.reports import get_report

    owner = owner_of(tenant)

    async def act(database: Any) -> int:
        found = await get_report(database, owner, report)
        arms = [Arm("", prompt, found.config_hash) for prompt in (found.baseline_hash, found.candidate_hash)]
        tenants = None if tenant is None else [owner]
        _, drawn = await request_labels(
            database, found.dataset_hash, *arms, size=size, raters=raters, tenant_ids=tenants
        )
        return len(drawn)

    print(f"{with_database(act)} messages wait for {raters} judgements each (GET /api/labels/waiting)")


@app.command()
def agreement(tenant: _Tenant = None) -> None:
    """Show how far the people who judged agree (Krippendorff's alpha of sentiment)."""
    from evosense.experiments.labels import agreement as measure

    alpha = with_database(lambda database: measure(database, tenant_ids=_only(tenant)))
    print(f"alpha {alpha.estimate:.3f} [{alpha.low:.3f}, {alpha.high:.3f}] over {alpha.units} messages judged twice")


@app.command()
def gold(tenant: _Tenant = None) -> None:
    """Freeze the judged messages as a gold set, named by its content."""
    from evosense.experiments.labels import gold_set

    found = with_database(lambda database: gold_set(database, tenant_ids=_only(tenant)))
    print(f"{found.dataset_hash}  {len(found.items)} messages")


def _only(tenant: UUID | None) -> list[UUID] | None:
    return None if tenant is None else [tenant]
