"""The state of the phone's own link to WhatsApp, and of instances."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evosense.evolution.canonical import CanonicalEvent
from evosense.evolution.decode.envelope import Envelope
from evosense.evolution.jids import jid_of
from evosense.evolution.secret_fields import without_secrets
from evosense.evolution.wire_values import as_int, as_text


def decode_connection(envelope: Envelope, item: dict[str, Any]) -> Iterator[CanonicalEvent]:
    """connection.update: `state` is connecting, open, close or refused; `wuid` the account's address."""
    account = jid_of(item.get("wuid"))
    details = {"state": as_text(item.get("state")), "reason": as_int(item.get("statusReason"))}
    if account is not None:
        details["account_jid"] = account.address
    yield envelope.event("connection", without_secrets(item), details=details, status=details["state"])


def decode_qrcode(envelope: Envelope, item: dict[str, Any]) -> Iterator[CanonicalEvent]:
    """qrcode.updated: a phone has to be paired. The code pairs whoever reads it, so nothing of it is kept."""
    del item
    yield envelope.event("connection", None, details={"state": "qrcode", "reason": None}, status="qrcode")


def decode_instance(envelope: Envelope, item: dict[str, Any]) -> Iterator[CanonicalEvent]:
    """logout.instance, remove.instance and their kind."""
    yield envelope.event("instance", without_secrets(item), details={"state": envelope.event_kind})


def ignore(envelope: Envelope, item: object) -> Iterator[CanonicalEvent]:
    """Presence, labels, calls, bots: known, and nothing that we keep."""
    yield envelope.event("ignored", without_secrets(item))
