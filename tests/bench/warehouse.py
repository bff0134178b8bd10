"""What it costs to build a day and to read a year, and how exact a sketch is.

The day is built by the command that operators and Dagster use, in a process of its own, dbt's start included. The ratio
holds the summed time of all models against one pass over the same rows of app, on a day that has all the rows.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from evosense.conversations.repository import all_addresses, live_conversations
from evosense.db.arrays import array
from evosense.db.database import open_pool
from evosense.db.embedded import EmbeddedPostgres
from evosense.db.migrate import migrate
from evosense.db.named_queries import load
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.metrics.latency import answer_rows
from evosense.metrics.sketch import Sketch
from evosense.metrics.slices import SLICES
from evosense.metrics.stitch import find_seam, rows
from tests.bench.figures import Context, Figure, percentile
from tests.bench.warehouse_rows import fill

_FIRST, _DAYS, _TENANTS = date(2025, 11, 1), 365, 100
_SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "4GB", "work_mem": "64MB"}
_LIVE = load("evosense.metrics")
_LIVE_DAYS = load("evosense.metrics", "live.sql")
_MARTS = load("evosense.metrics", "marts.sql")
_ONE_PASS = (
    "select count(message_id), count(distinct tenant_id), max(sent_at), sum(sentiment), sum(satisfaction),"
    " count(prompt_hash), count(speaker), max(local_hour), count(emotion), sum(text_bytes), max(chat_id::text),"
    " max(contact_id::text) from app.message_fact where local_day = %s"
)


async def run(context: Context) -> list[Figure]:
    """Figures warehouse.day_build_s, day_build_ratio, year_read_p95_ms, live_ratio, sketch_error."""
    messages = 1_000_000 if context.is_full else 100_000
    size = f"{messages:,} messages, {_TENANTS} tenants"
    with _database(context.folder / "year") as url:
        context.progress("a year of messages")
        tenants = fill(url, messages=messages, tenants=_TENANTS, first=_FIRST, days=_DAYS)
        context.progress("full build")
        full = _build(url, context.folder / "year-data", "--full")
        context.progress("one day")
        day = str(_FIRST + timedelta(days=200))
        walls = [_build(url, context.folder / "year-data", "--day", day) for _ in range(3)]
        context.progress("reading")
        reads = await _reads(url, tenants[0][0])
    with _database(context.folder / "day") as url:
        context.progress("a day with all the messages")
        fill(url, messages=messages, tenants=_TENANTS, first=_FIRST, days=1)
        _build(url, context.folder / "day-data", "--full")
        context.progress("that day again")
        ratio, parts = _day_ratio(url, context.folder / "day-data")
    details = {"messages": messages, "full_build_s": full, "day_builds_s": walls}
    return [
        Figure("warehouse.day_build_s", sorted(walls)[1], "s", "lower", 20, f"{size} in a year; wall", details),
        Figure("warehouse.day_build_ratio", ratio, "x", "lower", 3, f"one pass over {messages:,} rows", parts),
        Figure(
            "warehouse.year_read_p95_ms", reads["p95_ms"], "ms", "lower", 5, "365 days of the largest tenant", reads
        ),
        Figure("warehouse.live_ratio", reads["live_ratio"], "x", "higher", 400, "the same figures out of app", reads),
        Figure("warehouse.sketch_error", reads["sketch_error"], "share", "lower", 0.01, "percentile_disc", reads),
    ]


@contextmanager
def _database(folder: Path) -> Generator[str]:
    with EmbeddedPostgres(folder, settings=_SETTINGS, database="bench") as server:
        migrate(server.url())
        yield server.url()


def _build(url: str, data_dir: Path, *arguments: str, threads: int = 2) -> float:
    """Seconds of wall time of one build."""
    environment = {**os.environ, "DATABASE_URL": url, "DATABASE_DIRECT_URL": url, "DATA_DIR": str(data_dir)}
    environment["DBT_THREADS"] = str(threads)
    started = time.perf_counter()
    command = [sys.executable, "-m", "orchestration.warehouse", "build", *arguments]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def _day_ratio(url: str, data_dir: Path) -> tuple[float, dict[str, Any]]:
    """Summed seconds of the day's models over those of one pass; the median of three passes around the build."""
    passes = [_one_pass(url)]
    # One model after the other: side by side on two cores each would be timed with the other's load.
    _build(url, data_dir, "--day", str(_FIRST), threads=1)
    results = json.loads((data_dir / "dbt" / "target" / "run_results.json").read_text())["results"]
    models = {
        node["unique_id"].split(".")[-1]: sum(_seconds(part) for part in node["timing"] if part["name"] == "execute")
        for node in results
        if node["unique_id"].startswith("model.")
    }
    passes += [_one_pass(url), _one_pass(url)]
    once = sorted(passes)[1]
    worst = dict(sorted(models.items(), key=lambda item: -item[1])[:8])
    return sum(models.values()) / once, {"one_pass_s": once, "models_s": sum(models.values()), **worst}


def _seconds(part: dict[str, str]) -> float:
    from datetime import datetime

    began, ended = (datetime.fromisoformat(part[name]) for name in ("started_at", "completed_at"))
    return (ended - began).total_seconds()


def _one_pass(url: str) -> float:
    with psycopg.connect(url) as connection:
        connection.execute("set max_parallel_workers_per_gather = 0")
        started = time.perf_counter()
        connection.execute(_ONE_PASS, [_FIRST]).fetchall()
        return time.perf_counter() - started


async def _reads(url: str, tenant_id: UUID) -> dict[str, float]:
    scope = {"tenant_id": tenant_id, "from_day": _FIRST, "to_day": _FIRST + timedelta(days=_DAYS - 1)}
    actor = Actor(tenant_id=tenant_id, user_id=None, role="analyst")
    opened = scope | {"timezone": "America/Sao_Paulo", "slices": array(int, range(SLICES))}
    built: list[float] = []
    live: list[float] = []
    async with open_pool(url, "evosense_api", max_size=1) as pool, tenant_transaction(pool, actor) as connection:
        for turn in range(200):
            started = time.perf_counter()
            await rows(connection, _MARTS["closed_days"], scope)
            built.append((time.perf_counter() - started) * 1000)
            if turn % 70 == 0:
                started = time.perf_counter()
                await rows(connection, _LIVE_DAYS["live_days"], opened)
                await rows(connection, _LIVE["open_inference_days"], scope)
                addresses = await all_addresses(connection, tenant_id, since_day=_FIRST)
                await live_conversations(connection, tenant_id, addresses, since_day=_FIRST)
                live.append((time.perf_counter() - started) * 1000)
        error = await _sketch_error(connection, tenant_id, scope)
    middle = percentile(built, 0.5)
    return {
        "p50_ms": middle,
        "p95_ms": percentile(built, 0.95),
        "live_ms": percentile(live, 0.5),
        "live_ratio": percentile(live, 0.5) / middle,
        "sketch_error": error,
    }


async def _sketch_error(connection: psycopg.AsyncConnection[Any], tenant_id: UUID, scope: dict[str, Any]) -> float:
    """The largest relative error of p50, p95 and p99 over the year."""
    seam = await find_seam(connection, tenant_id, scope["from_day"], scope["to_day"])
    sketch = Sketch.merged(row for row in await answer_rows(connection, seam) if row["purpose"] == "prod")
    cursor = await connection.execute(
        "select percentile_disc(array[0.5, 0.95, 0.99]) within group (order by latency_ms) from app.inference"
        " where tenant_id = %s and purpose = 'prod'",
        [tenant_id],
    )
    row = await cursor.fetchone()
    exact: list[int] = row[0] if row else []
    found = [sketch.quantile(fraction) or 0 for fraction in (0.5, 0.95, 0.99)]
    # Half a millisecond of rounding is no error of the sketch.
    return max(max(0.0, abs(a - b) - 0.5) / b for a, b in zip(found, exact, strict=True))


if __name__ == "__main__":
    asyncio.run(run(Context(Path(sys.argv[1]), print)))
