"""What the listener counts, for Prometheus. No tenant, instance or address is ever a label."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15, 60)


class Metrics:
    """One set per process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.frames = Counter("evosense_ingestion_frames", "Packets heard", registry=self.registry)
        self.events = Counter("evosense_ingestion_events", "Events by kind", ["kind"], registry=self.registry)
        self.rejected = Counter("evosense_ingestion_rejected", "Events not taken", ["reason"], registry=self.registry)
        self.messages = Counter(
            "evosense_ingestion_messages", "Messages stored for the first time", registry=self.registry
        )
        self.recovered = Counter(
            "evosense_ingestion_recovered", "Messages that gap repair brought", registry=self.registry
        )
        self.gaps = Counter("evosense_ingestion_gaps", "Gaps closed, by outcome", ["state"], registry=self.registry)
        self.silences = Counter(
            "evosense_ingestion_silences",
            "Links opened anew because they were deaf",
            registry=self.registry,
        )
        self.links_lost = Counter("evosense_ingestion_links_lost", "Links that ended unasked", registry=self.registry)
        self.flush_failures = Counter(
            "evosense_ingestion_flush_failures", "Flushes tried again", registry=self.registry
        )
        self.task_failures = Counter(
            "evosense_ingestion_task_failures",
            "Tasks of the listener that ended unexpectedly",
            ["task"],
            registry=self.registry,
        )
        self.flush_seconds = Histogram(
            "evosense_ingestion_flush_seconds", "Duration of a flush", registry=self.registry, buckets=_SECONDS
        )
        self.lag_seconds = Histogram(
            "evosense_ingestion_lag_seconds",
            "Arrival to commit, oldest event of a flush",
            registry=self.registry,
            buckets=_SECONDS,
        )
        self.connections = Gauge(
            "evosense_ingestion_connections", "Connections held, by state", ["state"], registry=self.registry
        )
        self.spool_items = Gauge("evosense_ingestion_spool_items", "Packets that wait", registry=self.registry)
        self.clock_behind_seconds = Gauge(
            "evosense_ingestion_clock_behind_seconds",
            "How far our clock is behind WhatsApp's, from ten minutes on, as of the last repair",
            registry=self.registry,
        )
        self.spool_bytes = Gauge("evosense_ingestion_spool_bytes", "Bytes that wait", registry=self.registry)
        self.read_ahead_bytes = Gauge(
            "evosense_ingestion_read_ahead_bytes",
            "Bytes of large packets that links have read and not handed over",
            registry=self.registry,
        )
