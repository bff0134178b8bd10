"""Messages and reactions: `messages.upsert`, `messages.set`, `send.message`, and records of findMessages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evosense.evolution.canonical import CanonicalEvent
from evosense.evolution.decode.changes import protocol_change
from evosense.evolution.decode.contents import Content, read_content
from evosense.evolution.decode.envelope import Envelope
from evosense.evolution.decode.keys import MessageKey, read_key
from evosense.evolution.decode.names import real_name
from evosense.evolution.secret_fields import without_secrets
from evosense.evolution.wire_values import as_dict, as_instant, as_list, as_text


def decode_message(envelope: Envelope, item: dict[str, Any], *, history: bool = False) -> Iterator[CanonicalEvent]:
    """One item of messages.upsert, messages.set or send.message.

    Args:
        envelope: what it came in.
        item: the item, secrets still in it (the media's key is read before they go).
        history: it is told about the past.
    """
    key = read_key(item.get("key"), item)
    content = read_content(item.get("message"), as_text(item.get("messageType")))
    change = protocol_change(content)
    if change is not None:
        yield from change(envelope, item, key)
    elif content.type == "reactionMessage":
        yield _reaction(envelope, item, key, content)
    elif key.id is None or not key.chat:
        yield envelope.event("unknown", without_secrets(item), problem="a message without id or chat")
    else:
        yield _message(envelope, item, key, content, history=history)


def _message(
    envelope: Envelope, item: dict[str, Any], key: MessageKey, content: Content, *, history: bool
) -> CanonicalEvent:
    context = as_dict(item.get("contextInfo")) or content.context
    return envelope.event(
        "message",
        without_secrets(item),
        message_id=key.id,
        from_me=key.from_me,
        sent_at=as_instant(item.get("messageTimestamp")),
        type=content.type,
        text=content.text,
        quoted_id=as_text(context.get("stanzaId")) or content.answers,
        status=as_text(item.get("status")),
        media=content.media,
        source=as_text(item.get("source")),
        history=history,
        **people(envelope, item, key),
    )


def _reaction(envelope: Envelope, item: dict[str, Any], key: MessageKey, content: Content) -> CanonicalEvent:
    target = read_key(content.inner.get("key"))
    at = as_instant(item.get("messageTimestamp"))
    if target.id is None:
        return envelope.event("unknown", without_secrets(item), problem="a reaction to nothing")
    return envelope.event(
        "reaction",
        without_secrets(item),
        message_id=key.id,
        from_me=key.from_me,
        sent_at=at,
        changed_at=as_instant(content.inner.get("senderTimestampMs")) or at,
        type=content.type,
        text=content.text,
        reaction_target_id=target.id,
        details={"target_from_me": target.from_me},
        **people(envelope, item, key),
    )


def people(envelope: Envelope, item: dict[str, Any], key: MessageKey) -> dict[str, Any]:
    """Chat, author and name as fields of a canonical event."""
    author = key.author
    if key.is_person:
        author = key.chat if key.from_me is False else ()
    if not author and key.from_me and envelope.owner_jid:
        author = (envelope.owner_jid,)
    return {
        "chat_jid": key.chat[0] if key.chat else None,
        "chat_alt_jids": key.chat[1:],
        "author_jid": author[0] if author else None,
        "author_alt_jids": author[1:],
        "push_name": None if key.from_me else real_name(item.get("pushName"), as_dict(item.get("key")).values()),
        "jid_pairs": key.pairs,
    }


def decode_record(envelope: Envelope, record: dict[str, Any]) -> Iterator[CanonicalEvent]:
    """One record of findMessages: the message as the server holds it now, and what its updates tell.

    The server moves an edited message's time to the edit and replaces its text, so an edited record is both:
    a message (kept only if we never heard it) and an edit at that time. A deletion is noted as EDITED besides.
    """
    yield from decode_message(envelope, record, history=True)
    statuses = [as_text(as_dict(update).get("status")) for update in as_list(record.get("MessageUpdate"))]
    if not any(statuses):
        return
    is_edited = statuses.count("EDITED") > statuses.count("DELETED")
    key = read_key(record.get("key"))
    shared = {"message_id": key.id, "from_me": key.from_me, "history": True, **people(envelope, record, key)}
    at = as_instant(record.get("messageTimestamp"))
    text = read_content(record.get("message"), as_text(record.get("messageType"))).text
    for status in dict.fromkeys(status for status in statuses if status):
        if status == "EDITED":
            if is_edited and text is not None:
                yield envelope.event("edit", None, edited_of=key.id, text=text, changed_at=at, **shared)
        elif status == "DELETED":
            yield envelope.event("delete", None, deleted=True, status=status, **shared)
        else:
            yield envelope.event("status", None, status=status, **shared)
