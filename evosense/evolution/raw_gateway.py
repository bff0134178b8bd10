"""The plain raw-WebSocket gateway: `{"type": "message", "chatId", "from", "body"}`, one JSON text per message.

It tells no id, no time and no direction. So its messages are marked synthetic, their time is when they were
heard, and the direction is known only where the account's own number is. Repeats after a reconnect
can't be told from a person who writes the same twice; they are never dropped for having equal text.
"""

from __future__ import annotations

from datetime import datetime

from evosense.evolution.canonical import CanonicalEvent
from evosense.evolution.engineio import ProtocolError
from evosense.evolution.jids import JidKind, jid_of
from evosense.evolution.secret_fields import text_without_secrets, without_secrets
from evosense.evolution.socketio import load_json
from evosense.evolution.wire_values import as_dict, as_text


def decode_gateway_text(text: str | bytes, *, received_at: datetime, own_address: str | None = None) -> CanonicalEvent:
    """One frame of the gateway; total: what can't be understood becomes an `unknown` event.

    Args:
        text: the frame.
        received_at: when it reached us; becomes the message's time.
        own_address: canonical address of the account, when it is known.
    """
    event = CanonicalEvent(provider="raw_gateway", event_kind="raw.message", received_at=received_at, synthetic=True)
    try:
        frame = load_json(text)
    except ProtocolError:
        event.problem = "not JSON"
        event.raw = text_without_secrets(text if isinstance(text, str) else text.decode("utf-8", "replace"))
        return event
    fields = as_dict(frame)
    event.raw = without_secrets(frame)
    if fields.get("type") != "message":
        event.action = "ignored"
        return event
    return _fill(event, fields, own_address)


def _fill(event: CanonicalEvent, fields: dict[str, object], own_address: str | None) -> CanonicalEvent:
    chat, author = jid_of(fields.get("chatId")), jid_of(fields.get("from"))
    if chat is None:
        event.problem = "a message without chat"
        return event
    event.action = "message"
    event.chat_jid = chat.address
    event.author_jid = author.address if author else None
    if author is not None and own_address is not None:
        event.from_me = author.address == own_address
    elif author is not None and chat.kind is not JidKind.GROUP and author != chat:
        event.from_me = True  # in a chat of two, whoever is not the other side is us
    event.text = as_text(fields.get("body"))
    event.type = "conversation"
    return event
