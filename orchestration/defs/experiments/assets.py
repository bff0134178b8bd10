"""A replay is one partition: materialising it drives it to its end and shows the reports; again is free."""

# No `from __future__ import annotations`: Dagster reads the annotation of `config` as a class.
import asyncio
import base64
from collections.abc import Callable
from typing import Any
from uuid import UUID

import dagster as dg
from psycopg import AsyncConnection

from evosense.db.database import connect, open_pool
from evosense.db.ids import EVERYONE
from evosense.experiments.card import Card
from evosense.experiments.load_card import card_from
from evosense.experiments.plots import Bar, forest
from evosense.experiments.render import to_markdown
from evosense.experiments.replay import progress, wait_for
from evosense.experiments.reports import get_report
from evosense.experiments.run_models import Day, Run
from evosense.prompts.channels import list_channels, list_events, list_versions
from evosense.settings import DatabaseSettings, load

REPLAYS = dg.DynamicPartitionsDefinition(name="replays")
_POLL_SECONDS = 2.0
_VERSIONS = 50
Metadata = dg.MetadataValue[Any]


def partition_key(tenant_id: UUID, run_id: UUID) -> str:
    """The partition of a replay: whose, and which."""
    return f"{tenant_id}.{run_id}"


@dg.asset(
    partitions_def=REPLAYS,
    backfill_policy=dg.BackfillPolicy.multi_run(),
    deps=["prompts"],
    pool="bulk",
    group_name="experiments",
    kinds={"postgres"},
)
def comparisons(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
    """The reports of one replay: verdict, gates, measures and slices. Plans, enqueues, waits for the drain, compares.

    Whatever is answered is reused, so running a partition again makes no call and gives the same report hashes.
    """
    tenant_id, run_id = (UUID(part) for part in context.partition_key.split("."))

    def tell(run: Run) -> None:
        context.log.info("%s: %s of %s calls answered", run.state, run.calls_done, run.calls_planned)

    run, days, cards = asyncio.run(_drive(tenant_id, run_id, tell))
    if run.state != "done":
        # A partition is materialised when there is a report, and only then.
        raise dg.Failure(f"the replay was {run.state}: {run.error_class or 'nobody waits for it'}", allow_retries=False)
    return dg.MaterializeResult(metadata=metadata_of(run, days, cards))


async def _drive(tenant_id: UUID, run_id: UUID, tell: Callable[[Run], None]) -> tuple[Run, list[Day], list[Card]]:
    async with open_pool(load(DatabaseSettings).require_url(), "evosense_pipeline", max_size=2) as pool:
        run = await wait_for(pool, tenant_id, run_id, every_seconds=_POLL_SECONDS, tell=tell)
        async with pool.connection() as connection:
            days = await progress(connection, run)
            reports = [await get_report(connection, tenant_id, named) for named in run.report_hashes]
    return run, days, [card_from(report.content) for report in reports]


def metadata_of(run: Run, days: list[Day], cards: list[Card]) -> dict[str, Metadata]:
    """What the UI shows of a replay: counts, cost, its days, and per candidate the verdict, its tables and its plot."""
    by_day = [f"| {day.local_day} | {day.calls} | {day.answered} | {day.cost_micros / 1e6:.2f} |" for day in days]
    metadata: dict[str, Metadata] = {
        "state": dg.MetadataValue.text(run.state),
        "messages": dg.MetadataValue.int(run.items),
        "calls": dg.MetadataValue.int(run.calls_planned - run.calls_reused),
        "reused": dg.MetadataValue.int(run.calls_reused),
        "cost_usd": dg.MetadataValue.float(run.cost_micros / 1e6),
        "window": dg.MetadataValue.text(f"{run.first_day} to {run.last_day}"),
        "days": table("| local day | calls | answered | USD |", by_day),
    }
    for card, named in zip(cards, run.report_hashes, strict=True):
        label = card.candidate.label
        metadata[f"{label} verdict"] = dg.MetadataValue.text(card.verdict)
        metadata[f"{label} report"] = dg.MetadataValue.md(f"{to_markdown(card)}\n\n{_plot(card)}\n\n`{named}`")
    return metadata


def _plot(card: Card) -> str:
    """The forest plot of the primary measure and its first slices."""
    bars = [Bar(card.primary.measure, card.primary.delta, card.primary.low, card.primary.high)]
    bars += [Bar(f"{s.dimension} {s.value}"[:34], s.delta, s.low, s.high, s.is_claimed) for s in card.slices[:10]]
    return image(
        forest(bars, title="candidate minus baseline", margin=card.question.margin), "candidate minus baseline"
    )


def image(drawn: str, title: str) -> str:
    """A drawing as Markdown that carries it."""
    coloured = drawn.replace("currentColor", "#666")
    return f"![{title}](data:image/svg+xml;base64,{base64.b64encode(coloured.encode()).decode()})"


@dg.asset(group_name="experiments", kinds={"postgres"})
def prompts() -> dg.MaterializeResult[Any]:
    """Everybody's prompt versions, the channels that point to them, and who moved them last.

    The sensor `watch_shadows` brings it up to date whenever a version is registered or a channel moves.
    """

    async def read() -> dict[str, Metadata]:
        async with await connect(load(DatabaseSettings).require_url(), "evosense_pipeline") as connection:
            return await registry_metadata(connection)

    return dg.MaterializeResult(metadata=asyncio.run(read()))


async def registry_metadata(connection: AsyncConnection[Any]) -> dict[str, Metadata]:
    """What the UI shows of the prompt registry."""
    channels = await list_channels(connection, EVERYONE)
    versions = await list_versions(connection, EVERYONE)
    events = await list_events(connection, EVERYONE, limit=20)
    known = [
        f"| {v.name}@v{v.version_no} | `{v.prompt_hash[:15]}` | {v.author} | {v.created_at:%Y-%m-%d %H:%M} "
        f"| `{(v.parent_hash or '-')[:15]}` | {', '.join(v.channels) or '-'} |"
        for v in versions[:_VERSIONS]
    ]
    lines = [f"| {c.name} | {c.channel} | `{c.prompt_hash[:15]}` | {c.updated_at:%Y-%m-%d %H:%M} |" for c in channels]
    moves = [f"| {e.at:%Y-%m-%d %H:%M} | {e.channel} | {e.actor} | `{e.report_hash or '-'}` |" for e in events]
    return {
        "versions": dg.MetadataValue.int(len(versions)),
        "channels": table("| prompt | channel | version | since |", lines),
        "moves": table("| when | channel | who | report |", moves),
        "registered": table("| version | hash | author | when | parent | live as |", known),
    }


def table(head: str, lines: list[str]) -> Metadata:
    """A Markdown table."""
    return dg.MetadataValue.md("\n".join([head, "|---" * (head.count("|") - 1) + "|", *lines]))
