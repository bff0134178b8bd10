"""What the whole stack costs when little happens, and how long the second start takes.

`stack.idle_cpu` is CPU time of all processes (Postgres too) over wall time, as a share of one core, with the demo's
live traffic off; `stack.rss_mb` is the sum of PSS (memory shared between processes counted once), in 10^6 bytes;
`stack.second_start_s` runs from the start of `evosense demo` on a filled data folder to KPIs in an API answer.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import httpx
import psutil

from tests.bench.figures import Context, Figure
from tests.running_demo import RunningDemo, running_demo

_OPTIONS = ("--rate", "0", "--history-days", "60")
_MEGABYTE = 1_000_000


async def run(context: Context) -> list[Figure]:
    """Figures stack.idle_cpu, stack.rss_mb, stack.second_start_s."""
    seconds = 120 if context.is_full else 45
    context.progress("first start, with 60 days of history")
    with running_demo(context.folder, *_OPTIONS) as demo:
        demo.wait_for("select count(*) from app.message_score", at_least=3000)
        demo.wait_for("select 1 - least(1, count(*)) from app.ai_task")
        await asyncio.sleep(20)  # rebuilds of the days that the history touched settle
        context.progress(f"idle for {seconds} s")
        cpu = await _idle_cpu(demo, seconds)
        memory = _pss(demo)
    context.progress("second start")
    started = time.monotonic()
    with running_demo(context.folder, *_OPTIONS, wait_for_dagster=False) as demo:
        await _kpis(demo)
        second = time.monotonic() - started
        demo.wait_for("select 1")
    peer = "the goal of the specification"
    return [
        Figure("stack.idle_cpu", cpu, "cores", "lower", 0.15, peer, {"seconds": seconds}),
        Figure("stack.rss_mb", sum(memory.values()), "MB (PSS)", "lower", 1800, peer, memory),
        Figure("stack.second_start_s", second, "s", "lower", 20, peer),
    ]


def _cpu_seconds(processes: list[psutil.Process]) -> float:
    total = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


async def _idle_cpu(demo: RunningDemo, seconds: int) -> float:
    processes = demo.processes()
    before, began = _cpu_seconds(processes), time.monotonic()
    await asyncio.sleep(seconds)
    return (_cpu_seconds(processes) - before) / (time.monotonic() - began)


def _pss(demo: RunningDemo) -> dict[str, float]:
    """PSS in MB by what the process is."""
    memory: dict[str, float] = {}
    for process in demo.processes():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            name = " ".join(process.cmdline())[:200]
            kind = next((k for k in _KINDS if k in name), "other")
            memory[kind] = memory.get(kind, 0) + process.memory_full_info().pss / _MEGABYTE
    return {kind: round(megabytes, 1) for kind, megabytes in memory.items()}


_KINDS = (
    "evosense demo",
    "serving",
    "ingestion",
    "evosense.testing.evolution",
    "dagster-daemon",
    "dagster-webserver",
    "api grpc",
    "spawn_main",
    "postgres",
)


async def _kpis(demo: RunningDemo) -> None:
    """Until the API answers a tenant's KPIs from a full table."""
    user = demo.user("loja-aurora")
    while True:
        with suppress(httpx.HTTPError):
            client = demo.login(user)
            answer = client.get(f"/api/tenants/{user['tenant_id']}/metrics")
            if answer.is_success and answer.json()["total_messages"] > 0:
                return
        await asyncio.sleep(0.1)
