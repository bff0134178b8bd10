"""The listener: messages per core, memory per idle connection, added latency, against raw COPY and the seeds' design.

Everything is durable and runs as in production: the listener, the stand-in Evolution server and Postgres are processes
of their own, on the machine's cores together. `frames_per_core_s` divides by the listener's own CPU seconds.
"""

from __future__ import annotations

import asyncio
import time

import psutil
import psycopg

from tests.bench.figures import Context, Figure, percentile
from tests.bench.fsync_probe import FsyncProbe
from tests.bench.ingest_flush import flush_ratios
from tests.bench.ingest_world import IngestWorld, ingest_world
from tests.bench.slow_flush import ADDED_MS, slow_flush

_MESSAGES = "select count(*) from app.message"
# Milliseconds from the frame's arrival in the listener to the stamp of its row's commit, which Postgres makes before it
# flushes: one flush more and the row is durable.
_LATENCIES = """
select extract(epoch from pg_xact_commit_timestamp(m.xmin) - m.received_at) * 1000
from app.message as m
where m.received_at >= %s
"""


async def run(context: Context) -> list[Figure]:
    """The figures of issue 3."""
    return await asyncio.to_thread(_measure, context)


def _measure(context: Context) -> list[Figure]:
    connections = 500
    burst = 20_000 if context.is_full else 10_000
    with ingest_world(instances=connections) as world:
        context.progress(f"{connections} connections")
        before = world.rss_kb()
        world.connect(tenants=25)
        time.sleep(2)
        idle_kb = (world.rss_kb() - before) / connections
        context.progress(f"{burst} messages at once")
        per_core, burst_details = _burst(world, burst)
        context.progress("1,000 messages a second")
        p50, p95, latency_details = _latency(world, 10 if context.is_full else 6)
        context.progress("1,000 messages a second, as on a slow disk")
        with slow_flush(world.url):
            slow_p50, slow_p95, _ = _latency(world, 6, added_ms=ADDED_MS)
        context.progress("a history of 3,000 in one frame")
        history = _history(world)
        context.progress("COPY and the seeds' design beside it")
        ratios = flush_ratios(world, rounds=5 if context.is_full else 3)
        with slow_flush(world.url):
            slow = flush_ratios(world, rounds=2)
    peer = "an fsync of the same run"
    latency_details |= {"least_ms": round(ratios.least_ms, 2), "least_fsyncs": round(ratios.least_fsyncs, 2)}
    latency_details |= {"p50_with_3_ms_a_flush": round(slow_p50, 2), "p95_with_3_ms_a_flush": round(slow_p95, 2)}
    seed_details = history | {"limit": round(ratios.seed_limit, 1), "with_3_ms_a_flush": round(slow.seed, 1)}
    seed_details |= ratios.details
    return [
        Figure("ingest.frames_per_core_s", per_core, "messages/s", "higher", 4_000, "listener CPU", burst_details),
        Figure("ingest.idle_connection_kb", idle_kb, "KB", "lower", 40, "RSS with none", {"connections": connections}),
        Figure("ingest.p50_fsyncs", p50, "fsyncs", "lower", 2.5, peer, latency_details),
        Figure("ingest.p95_fsyncs", p95, "fsyncs", "lower", 5, peer, latency_details),
        Figure("ingest.copy_ratio", ratios.copy, "share", "higher", 0.25, "binary COPY, same rows", ratios.details),
        Figure("ingest.seed_ratio", ratios.seed, "times", "higher", 50, "the seeds' design", seed_details),
    ]


def _burst(world: IngestWorld, count: int) -> tuple[float, dict[str, float]]:
    """Messages per second of the listener's CPU, from the first frame to the last durable row."""
    world.control("burst", {"count": 500})  # the first ones make people and chats
    before, _ = world.settled(_MESSAGES, more_than=0)
    cpu, started = world.cpu_s(), time.monotonic()
    world.control("burst", {"count": count})
    stored, ended = world.settled(_MESSAGES, more_than=before)
    used = world.cpu_s() - cpu
    details = {"events": count, "messages": stored - before, "cpu_s": used, "wall_s": ended - started}
    return details["messages"] / used, {name: round(value, 2) for name, value in details.items()}


def _latency(world: IngestWorld, seconds: int, *, added_ms: float = 0) -> tuple[float, float, dict[str, float]]:
    """Added latency to durable at 1,000 messages a second in fsyncs of the same seconds: p50 and p95.

    `added_ms` is what the server takes for a flush beside its fsync.

    A stand-in that is late sends all that is due at once, and what comes in a heap waits for each other: so its own
    lateness is told beside; and how many cores were busy, with what of them was the listener's: beside other work on
    the same cores the figure is that work's.
    """
    time.sleep(2)
    began = world.value("select now()")
    probe = FsyncProbe(str(world.folder))
    probe.start()
    before = int(world.value(_MESSAGES))
    used, started = world.cpu_s(), time.monotonic()
    psutil.cpu_percent(percpu=True)  # from here on
    sent = world.control("burst", {"count": 1_000 * seconds, "rate": 1_000})
    busy = sum(psutil.cpu_percent(percpu=True)) / 100
    own = (world.cpu_s() - used) / (time.monotonic() - started)
    world.settled(_MESSAGES, more_than=before)
    fsync = probe.stop() + added_ms
    with psycopg.connect(world.url) as connection:
        latencies = [float(row[0]) + fsync for row in connection.execute(_LATENCIES, [began])]
    p50, p95 = percentile(latencies, 0.5), percentile(latencies, 0.95)
    details = {"fsync_ms": round(fsync, 2), "p50_ms": round(p50, 2), "p95_ms": round(p95, 2), "n": len(latencies)}
    details |= {"busy_cores": round(busy, 2), "listener_cores": round(own, 2)}
    details |= {f"stand_in_{name}": value for name, value in sent.items() if name.startswith("late_")}
    return p50 / fsync, p95 / fsync, details


def _history(world: IngestWorld) -> dict[str, float]:
    """A `messages.set` of 3,000 messages (about 5 MB) is taken whole."""
    before, started = world.value(_MESSAGES), time.monotonic()
    world.control("history", {"instance": "bench-0000", "count": 3_000, "text_bytes": 1_000})
    world.wait_for(_MESSAGES, before + 3_000)
    return {"history_3000_s": round(time.monotonic() - started, 2)}
