"""What Prometheus reads at /metrics: counts and durations, labelled by route and status, never by person or text."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Monitoring:
    """The measurements of one process, with a registry of their own so that several apps fit into one test."""

    def __init__(self) -> None:
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
        self._clients = Gauge("evosense_live_clients", "Open WebSockets of this process", registry=self._registry)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request was answered; `route` is the template, never the path."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def login(self, result: str) -> None:
        """One log-in attempt: ok, refused, limited."""
        self._logins.labels(result).inc()

    def live_closed(self, code: int) -> None:
        """We closed a WebSocket with this code."""
        self._closed.labels(str(code)).inc()

    def live_frames(self, clients: int) -> None:
        """A live frame was sent to so many clients."""
        self._frames.inc(clients)

    def watch_clients(self, count: Callable[[], int]) -> None:
        """Where the number of open WebSockets is read from."""
        self._clients.set_function(count)

    def render(self) -> bytes:
        """Prometheus' text format."""
        return generate_latest(self._registry)
