"""What Prometheus reads at /metrics: counts and durations, labelled by route and status, never by person or text.

With several workers each keeps its numbers in files of a common folder, and whichever is asked adds them up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from serving.vitals import Vitals

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_PID_OF_FILE = re.compile(r"_(\d+)\.db$")


class Monitoring:
    """The measurements of one process, with a registry of their own so that several apps fit into one test."""

    def __init__(self, workers_folder: Path | None = None) -> None:
        """`workers_folder`: where the workers of one port keep their numbers; None for a process on its own."""
        self._folder = workers_folder
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._requests = Counter(
            "evosense_http_requests", "Requests answered", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "evosense_http_request_seconds", "Time to answer", ["route"], buckets=_SECONDS, registry=self._registry
        )
        self._logins = Counter("evosense_logins", "Log-in attempts", ["result"], registry=self._registry)
        self._closed = Counter("evosense_live_closed", "WebSockets closed by us", ["code"], registry=self._registry)
        self._frames = Counter("evosense_live_frames_sent", "Live frames sent", registry=self._registry)
        self._clients = Gauge(
            "evosense_live_clients", "Open WebSockets", registry=self._registry, multiprocess_mode="livesum"
        )

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request was answered; `route` is the template, never the path."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def login(self, result: str) -> None:
        """One log-in attempt: ok, refused, limited."""
        self._logins.labels(result).inc()

    def live_opened(self) -> None:
        """A client joined its company's room."""
        self._clients.inc()

    def live_left(self) -> None:
        """A client left it."""
        self._clients.dec()

    def live_closed(self, code: int) -> None:
        """We closed a WebSocket with this code."""
        self._closed.labels(str(code)).inc()

    def live_frames(self, clients: int) -> None:
        """A live frame was sent to so many clients."""
        self._frames.inc(clients)

    def render(self, vitals: Vitals | None) -> bytes:
        """Prometheus' text format: of all workers together, and of the platform where it could be asked."""
        registry = self._registry
        if self._folder is not None:
            _forget_the_dead(self._folder)
            registry = CollectorRegistry()
            MultiProcessCollector(registry, str(self._folder))
        return generate_latest(registry) + (_platform(vitals) if vitals else b"")


def _forget_the_dead(folder: Path) -> None:
    """Take the gauges of workers that are gone out of the sum; what they counted stays."""
    for path in folder.glob("gauge_live*.db"):
        found = _PID_OF_FILE.search(path.name)
        if found and not Path(f"/proc/{found[1]}").exists():
            mark_process_dead(int(found[1]), str(folder))


def _platform(vitals: Vitals) -> bytes:
    # Made anew from the database for each reading, so nothing is kept in the workers' folder.
    families = [
        GaugeMetricFamily("evosense_ai_tasks_waiting", "Live AI work that could begin", vitals.tasks_waiting),
        GaugeMetricFamily("evosense_ai_oldest_task_seconds", "Wait of the oldest of it", vitals.oldest_task_seconds),
        GaugeMetricFamily("evosense_ai_answers_5m", "Answers of models in five minutes", vitals.inferences),
        GaugeMetricFamily("evosense_ai_invalid_5m", "Those that could not be used", vitals.ai_invalid),
        CounterMetricFamily("evosense_messages_stored", "Since Postgres began to count", vitals.messages_stored),
    ]
    latency = GaugeMetricFamily("evosense_ai_latency_seconds", "Of models, in five minutes", labels=["quantile"])
    for quantile, seconds in (("0.5", vitals.ai_p50_seconds), ("0.95", vitals.ai_p95_seconds)):
        if seconds is not None:
            latency.add_metric([quantile], seconds)
    registry = CollectorRegistry()
    registry.register(_Families([*families, latency]))
    return generate_latest(registry)


class _Families(Collector):
    """Families that are given, as a registry that holds nothing else."""

    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families
