"""Traces for an OpenTelemetry collector, where one is set. Spans carry routes, statuses and ids, never what was sent.

The packages are optional (`pip install evosense[serving,telemetry]`) and imported only when they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from fastapi import FastAPI

from evosense.errors import ConfigurationError

# What instrumentation reads off a request that may hold a person's words, address or token.
_SPOKEN = (
    *("http.url", "http.target", "url.full", "url.path", "url.query", "http.user_agent", "user_agent.original"),
    *("http.client_ip", "client.address", "net.peer.ip", "net.peer.port", "client.port"),
)


def instrument(app: FastAPI, endpoint: str | None, *, exporter: Any = None) -> Callable[[], None]:
    """Send a span for each request to `endpoint`; answers what sends the rest of them at the end.

    Args:
        app: the application.
        endpoint: base address of the collector, as OTEL_EXPORTER_OTLP_ENDPOINT; without one nothing is traced.
        exporter: another span exporter than OTLP over HTTP.

    Raises:
        ConfigurationError: the extra `telemetry` is not installed.
    """
    if endpoint is None and exporter is None:
        return lambda: None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        message = "OTEL_EXPORTER_OTLP_ENDPOINT is set: install the extra `telemetry`, or leave it empty"
        raise ConfigurationError(message) from error
    provider = TracerProvider(resource=Resource.create({"service.name": "evosense-api"}))
    target = exporter or OTLPSpanExporter(f"{str(endpoint).rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(target))
    FastAPIInstrumentor.instrument_app(
        app,
        tracer_provider=provider,
        excluded_urls="health,ping,ready,metrics,static",
        exclude_spans=["receive", "send"],
        server_request_hook=_forget_what_was_said,
    )
    return provider.shutdown


def _forget_what_was_said(span: Any, _scope: dict[str, Any]) -> None:
    for name in _SPOKEN:
        if span.attributes and name in span.attributes:
            span.set_attribute(name, "")
    span.set_attribute("evosense.request_id", str(structlog.contextvars.get_contextvars().get("request_id", "")))
