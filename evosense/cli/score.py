"""`evosense score` and `evosense quality`: scoring without Dagster, and how good the embedded scorer is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

if TYPE_CHECKING:
    from evosense.ai.tasks import Kind
    from evosense.settings import AiSettings, DatabaseSettings

_DAY = ["%Y-%m-%d"]


def score(
    loop: Annotated[bool, typer.Option("--loop/--once", help="Keep up with new messages until Ctrl-C.")] = False,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=_DAY, help="First local day to look for missing scores.")
    ] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=_DAY, help="Last one; default: the first.")] = None,
    tenant: Annotated[UUID | None, typer.Option(help="Only this tenant (with --from).")] = None,
) -> None:
    """Score and embed what is waiting, as the drain in Dagster does: the same loop, any number side by side.

    With --from it first asks for what those days lack.
    """
    from evosense.scoring.event_loop import run
    from evosense.settings import AiSettings, DatabaseSettings, load
    from evosense.stack.setup import open_database

    settings = load(DatabaseSettings)
    with open_database(settings) as url:
        database = load(DatabaseSettings, database_url=settings.database_url or url, database_direct_url=url)
        ai = load(AiSettings)
        if first:
            run(_settle(database, ai, first, last or first, tenant))
        else:
            run(_drain(database, ai, loop=loop))


async def _settle(
    database: DatabaseSettings, ai: AiSettings, first: datetime, last: datetime, tenant: UUID | None
) -> None:
    from evosense.scoring.settle import Days, settle

    days = Days(first.date(), last.date(), tenant)
    did: dict[Kind, str] = {"score": "scored", "embed": "embedded"}
    for kind, verb in did.items():
        settled = await settle(database, ai, kind, days, max_seconds=24 * 3600)
        print(f"{settled.enqueued} messages were missing and are {verb} now")
        for state in settled.states:
            print(f"  {state.day}  {state.settled} of {state.eligible} {verb}")


async def _drain(database: DatabaseSettings, ai: AiSettings, *, loop: bool) -> None:
    import asyncio
    import signal

    from evosense.db.database import open_pool
    from evosense.scoring.backends import open_models
    from evosense.scoring.drain import Drain

    async with open_pool(database.require_url(), "evosense_pipeline") as pool, open_models(ai) as models:
        drain = Drain(database.require_direct_url(), pool, models.fleet, models.embedder)
        print(f"scoring with {models.scorer.config.model}, embedding with {models.embedder.config.model}")
        if not loop:
            print(f"{await drain.run_once()} tasks done")
            return
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await drain.run(stop)


def quality(
    file: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A CSV with the columns text and label; default: BRIGHTER."),
    ] = None,
) -> None:
    """Print how well the embedded scorer tells negative, neutral and positive, beside plain LeIA, and how search finds.

    Without --file it reads the BRIGHTER pt-BR test set from the folder EVOSENSE_DATA, and answers FaQuAD's questions by
    hybrid search in a database of its own (a minute).
    """
    from rich.console import Console
    from rich.table import Table

    from evosense.ai.quality import BRIGHTER_FILE, LABELS, brighter_rows, compare_scorers, labelled_rows
    from evosense.errors import ConfigurationError
    from evosense.settings import TestSettings, load

    folder: Path | None = None
    if file:
        rows = labelled_rows(file)
    else:
        folder = load(TestSettings).evosense_data
        if folder is None or not (folder / BRIGHTER_FILE).is_file():
            raise ConfigurationError(f"set EVOSENSE_DATA to the folder that holds {BRIGHTER_FILE}, or name a --file")
        rows = brighter_rows(folder / BRIGHTER_FILE)
    table = Table("scorer", "macro-F1", *LABELS, title=f"{len(rows)} texts")
    for measured in compare_scorers(rows):
        table.add_row(measured.scorer, f"{measured.macro_f1:.3f}", *(f"{measured.f1[label]:.3f}" for label in LABELS))
    Console().print(table)
    if folder is not None:
        _print_retrieval(folder)


def _print_retrieval(folder: Path) -> None:
    import asyncio

    from evosense.ai.embedded.embedder import EmbeddedEmbedder
    from evosense.search.quality import QUESTIONS_FILE, measure_retrieval, read_retrieval
    from evosense.stack.setup import scratch_database

    if not (folder / QUESTIONS_FILE).is_file():
        print(f"hybrid search: not measured, {folder.name} holds no {QUESTIONS_FILE}")
        return
    found = read_retrieval(folder)
    with scratch_database() as url:
        ndcg = asyncio.run(measure_retrieval(url, found, EmbeddedEmbedder()))
    print(f"hybrid search: nDCG@10 {ndcg:.3f} on {len(found.questions)} questions of FaQuAD")
