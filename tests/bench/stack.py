"""The whole stack as a person meets it: how soon the page shows KPIs, what idling costs."""

from __future__ import annotations

import asyncio
import time

import httpx
import psutil

from tests.bench.figures import Context, Figure
from tests.demo_stack import DemoStack

_BACKLOG_SECONDS = 240.0


async def run(context: Context) -> list[Figure]:
    """Start the demo from nothing, let it score its past, measure it at rest, start it again."""
    days, window = ("60", 120.0) if context.is_full else ("7", 30.0)
    folder = context.folder / "demo"
    context.folder.chmod(0o755)
    context.progress("first start")
    async with DemoStack(folder, "--history-days", days, "--rate", "0") as stack:
        first_page = await stack.page_is_up()
        first_all = await stack.everything_is_up()
        context.progress("scoring the past")
        scored = await _until_scored(stack)
        context.progress("idling")
        cpu_percent, parts = await _idle_cpu(stack, window)
        memory = _pss_mb(stack)
    context.progress("second start")
    async with DemoStack(folder, "--history-days", days, "--rate", "0") as stack:
        second_page = await stack.page_is_up()
        second_all = await stack.everything_is_up()
    details = {"history_days": days, "scored_messages": scored}
    return [
        Figure(
            *("stack.first_start_s", first_page, "s", "lower", 120.0, "make demo to KPIs, without downloads"),
            details | {"dagster_too_s": first_all},
        ),
        Figure(
            *("stack.second_start_s", second_page, "s", "lower", 20.0, "KPIs on the page at the second start"),
            {"dagster_too_s": second_all},
        ),
        Figure("stack.idle_cpu", cpu_percent, "% of one core", "lower", 15.0, "limit", {"parts": parts}),
        Figure("stack.rss_mb", sum(memory.values()), "MB PSS", "lower", 1800.0, "limit", {"parts": memory}),
    ]


async def _until_scored(stack: DemoStack) -> int:
    """Wait until every eligible message has its score; how many there are (of the first tenant)."""
    deadline = time.monotonic() + _BACKLOG_SECONDS
    async with httpx.AsyncClient(base_url=stack.facts["api_url"]) as client:
        while True:
            kpis = await stack.kpis(client)
            if kpis["eligible"] and kpis["scored"] == kpis["eligible"]:
                return int(kpis["scored"])
            if time.monotonic() > deadline:
                raise TimeoutError(f"{kpis['scored']} of {kpis['eligible']} scored after {_BACKLOG_SECONDS:.0f} s")
            await asyncio.sleep(5)  # each look is a log-in, which is limited


async def _idle_cpu(stack: DemoStack, window_seconds: float) -> tuple[float, dict[str, float]]:
    """CPU of all processes that live through the window, in percent of one core; also by process."""
    await asyncio.sleep(5)  # the last batch is still being told to the page
    before = {process.pid: _cpu_seconds(process) for process in stack.processes()}
    began = time.perf_counter()
    await asyncio.sleep(window_seconds)
    elapsed = time.perf_counter() - began
    parts: dict[str, float] = {}
    for process in stack.processes():
        used = _cpu_seconds(process) - before.get(process.pid, 0.0)
        parts[_name(process)] = parts.get(_name(process), 0.0) + 100 * used / elapsed
    return sum(parts.values()), {name: round(value, 2) for name, value in parts.items()}


def _pss_mb(stack: DemoStack) -> dict[str, float]:
    parts: dict[str, float] = {}
    for process in stack.processes():
        parts[_name(process)] = parts.get(_name(process), 0.0) + process.memory_full_info().pss / 1e6
    return {name: round(value, 1) for name, value in parts.items()}


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _name(process: psutil.Process) -> str:
    words = process.cmdline()
    if process.name() == "postgres":
        return "postgres"
    for sign in ("serving", "ingestion", "evosense.testing.evolution", "grpc", "dagster-daemon", "dagster-webserver"):
        if any(word.endswith(sign) for word in words):
            return sign
    return "run" if any("multiprocessing" in word for word in words) else "supervisor"
