"""Arrivals become what the inbox takes: decoded, and checked to belong where they came from.

The server does not isolate tenants: any token may join any namespace. So an event is taken only if its envelope names
the instance of the namespace it came on and that instance is a connection of this link; everything else is rejected,
counted and logged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from evosense.evolution.canonical import CanonicalEvent
from evosense.evolution.engineio import ProtocolError
from evosense.evolution.events import decode_envelope
from evosense.evolution.raw_gateway import decode_gateway_text
from evosense.evolution.socketio import ROOT, Packet, decode_event
from evosense.evolution.wire_values import as_dict, as_text
from evosense.log import get_logger
from evosense.messages.models import Heard
from ingestion.held import Arrival, Held
from ingestion.metrics import Metrics

_log = get_logger(__name__)


class Decoder:
    """Decodes arrivals; `heard` answers each accepted one with the connection it belongs to."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def heard(self, arrivals: Iterable[Arrival]) -> list[tuple[Held, Heard]]:
        """The accepted ones, in order."""
        accepted: list[tuple[Held, Heard]] = []
        for arrival in arrivals:
            if isinstance(arrival.packet, str):
                accepted.append(_gateway(arrival, arrival.packet))
                continue
            found = self._packet(arrival, arrival.packet)
            if found is not None:
                accepted.append(found)
        for kind, count in Counter(event.event_kind for _, heard in accepted for event in heard.events).items():
            self._metrics.events.labels(kind).inc(count)
        return accepted

    def _packet(self, arrival: Arrival, packet: Packet) -> tuple[Held, Heard] | None:
        try:
            name, arguments = decode_event(packet)
        except ProtocolError:
            return self._reject("broken_packet")
        envelope = as_dict(arguments[0]) if arguments else {}
        instance = as_text(envelope.get("instance"))
        namespace = packet.namespace
        if namespace == ROOT:  # global mode: every instance of the server, ours or not
            namespace = f"/{instance}"
            if namespace not in arrival.routes:
                return self._reject("not_ours")
        held = arrival.routes.get(namespace)
        if held is None:
            return self._reject("not_joined")
        if instance != held.listening.instance:
            _log.error("instance_mismatch", connection_id=str(held.id))
            return self._reject("instance_mismatch")
        events = decode_envelope(envelope, received_at=arrival.received_at, event_name=name)
        return held, Heard(held.recipient, "socketio", events, held.lease.fence)

    def _reject(self, reason: str) -> None:
        self._metrics.rejected.labels(reason).inc()


def _gateway(arrival: Arrival, text: str) -> tuple[Held, Heard]:
    (held,) = arrival.routes.values()
    own = held.recipient.own_address
    event: CanonicalEvent = decode_gateway_text(text, received_at=arrival.received_at, own_address=own)
    return held, Heard(held.recipient, "raw_websocket", [event], held.lease.fence)
