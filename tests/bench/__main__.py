"""Runs the benchmarks one after the other, shows a table and writes `.evosense/bench.json`.

Each subject is a module `tests/bench/<subject>.py` with `async def run(context) -> list[Figure]`; it interleaves
what it measures with the peer or limit that it names.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.bench.figures import Benchmark, Context, Figure, write

SUBJECTS = (
    "dashboard",
    "stack",
    "warehouse",
    "api",
    "live",
    "e2e",
    "experiments",
    "dispatch",
    "writeback",
    "claim",
    "drain",
    "search",
    "fts",
    "quality",
    "ingest",
)
OUTPUT = Path(".evosense/bench.json")


def main() -> int:
    """Parse the command line and run. Exit status 0 when every subject ran, whatever its figures; 2 otherwise."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--only", choices=SUBJECTS, help="one subject")
    parser.add_argument("--full", action="store_true", help="longer runs, for figures to publish")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()
    subjects = [arguments.only] if arguments.only else list(SUBJECTS)
    console = Console(stderr=True)
    figures: list[Figure] = []
    failed: list[str] = []
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("benchmarks", total=len(subjects))
        for subject in subjects:
            started = time.perf_counter()
            try:
                with tempfile.TemporaryDirectory(prefix="evosense-bench-") as folder:
                    context = Context(
                        Path(folder),
                        lambda text, subject=subject: progress.update(task, description=f"{subject}: {text}"),
                        arguments.full,
                    )
                    figures += _run(subject, context)
            except Exception:  # noqa: BLE001 - one broken subject must not cost the figures of the others
                console.print_exception()
                failed.append(subject)
            progress.advance(task)
            progress.console.print(f"{subject}: {time.perf_counter() - started:.0f} s")
    _show(Console(), figures)
    write(arguments.output, figures)
    return 2 if failed else 0


def _run(subject: str, context: Context) -> list[Figure]:
    """Run a subject on the event loop that production has for it: asyncio's own unless the module names another."""
    module = importlib.import_module(f"tests.bench.{subject}")
    benchmark: Benchmark = module.run
    with asyncio.Runner(loop_factory=getattr(module, "LOOP", None)) as runner:
        return runner.run(benchmark(context))


def _show(console: Console, figures: list[Figure]) -> None:
    table = Table("figure", "value", "unit", "goal", "", "held against")
    for figure in figures:
        sign = "≥" if figure.better == "higher" else "≤"
        mark = "[green]reached" if figure.is_reached else "[red]falls short"
        table.add_row(figure.name, f"{figure.value:.4g}", figure.unit, f"{sign} {figure.goal:g}", mark, figure.peer)
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
