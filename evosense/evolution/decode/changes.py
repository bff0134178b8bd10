"""Changes of messages: edits, deletions (three shapes), and how far a message got.

| wire | shape |
|---|---|
| messages.edited, send.message.update | `{key, type, editedMessage, timestampMs}`; `REVOKE` comes here too |
| messages.update | `{keyId, status}`, with `message.editedMessage` on an edit; before 2.0 `{id, status}` |
| messages.delete | by the author `{remoteJid, fromMe, id}`; by the API `{id: <the server's own>, key: {…}}` |
| messages.upsert | content is a protocolMessage, or `editedMessage` around one (old versions) |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from evosense.evolution.canonical import CanonicalEvent
from evosense.evolution.decode.contents import Content, read_content
from evosense.evolution.decode.envelope import Envelope
from evosense.evolution.decode.keys import MessageKey, read_key
from evosense.evolution.secret_fields import without_secrets
from evosense.evolution.wire_values import as_dict, as_instant, as_int, as_list, as_text

Change = Callable[[Envelope, dict[str, Any], MessageKey], Iterator[CanonicalEvent]]

STATUSES: Final = ("ERROR", "PENDING", "SERVER_ACK", "DELIVERY_ACK", "READ", "PLAYED")
_REVOKE: Final = frozenset({"REVOKE", "0"})
_EDIT: Final = frozenset({"MESSAGE_EDIT", "14"})


def _where(key: MessageKey) -> dict[str, Any]:
    author = key.author or (key.chat if key.is_person and key.from_me is False else ())
    return {
        "from_me": key.from_me,
        "chat_jid": key.chat[0] if key.chat else None,
        "chat_alt_jids": key.chat[1:],
        "author_jid": author[0] if author else None,
        "author_alt_jids": author[1:],
        "jid_pairs": key.pairs,
    }


def decode_edited(envelope: Envelope, item: dict[str, Any]) -> Iterator[CanonicalEvent]:
    """One protocolMessage of messages.edited or send.message.update.

    Its key is as the author's phone wrote it: a person who edits in a chat with us names our number as the chat and
    the message as their own. Such a key tells the id only; chat and side are known from the message itself.
    """
    target = read_key(item.get("key"))
    if envelope.event_kind == "messages.edited" and envelope.owner_jid in target.chat:
        target = MessageKey(target.id, None, (), (), is_person=False)
    yield from _protocol(envelope, item, item, target)


def _protocol(
    envelope: Envelope, item: dict[str, Any], protocol: dict[str, Any], target: MessageKey
) -> Iterator[CanonicalEvent]:
    kind = _protocol_type(protocol)
    at = as_instant(protocol.get("timestampMs")) or as_instant(item.get("messageTimestamp"))
    raw = without_secrets(item)
    if target.id is None:
        yield envelope.event("ignored", raw, type="protocolMessage")
    elif kind in _REVOKE:
        yield envelope.event(
            "delete",
            raw,
            message_id=target.id,
            deleted=True,
            changed_at=at,
            **_where(target),
        )
    elif kind in _EDIT:
        yield _edit(envelope, raw, target, protocol.get("editedMessage"), at)
    else:
        yield envelope.event("ignored", raw, type="protocolMessage")


def _protocol_type(protocol: dict[str, Any]) -> str:
    """The type as a word or protobuf's number; absent means 0 (REVOKE), unless the object carries an edit."""
    kind = protocol.get("type")
    if isinstance(kind, str):
        return kind
    number = as_int(kind)
    if number is not None:
        return str(number)
    return "MESSAGE_EDIT" if protocol.get("editedMessage") else "REVOKE"


def _edit(envelope: Envelope, raw: Any, target: MessageKey, edited: object, at: Any) -> CanonicalEvent:
    content = read_content(edited)
    if content.type == "message":  # `editedMessage: {message: {…}}`
        content = read_content(content.inner)
    return envelope.event(
        "edit",
        raw,
        message_id=target.id,
        edited_of=target.id,
        type=content.type,
        text=content.text,
        changed_at=at,
        **_where(target),
    )


def protocol_change(content: Content) -> Change | None:
    """The reader for a message that is itself an edit or a deletion; None for every other message."""
    if content.type == "editedMessage":
        inside = read_content(content.inner.get("message") or content.inner)
        if inside.type != "protocolMessage":
            return partial(_plain_edit, inside.body)
        return partial(_inner_protocol, inside.inner)
    return partial(_inner_protocol, content.inner) if content.type == "protocolMessage" else None


def _plain_edit(
    edited: dict[str, Any], envelope: Envelope, item: dict[str, Any], key: MessageKey
) -> Iterator[CanonicalEvent]:
    yield _edit(envelope, without_secrets(item), key, edited, as_instant(item.get("messageTimestamp")))


def _inner_protocol(
    protocol: dict[str, Any], envelope: Envelope, item: dict[str, Any], key: MessageKey
) -> Iterator[CanonicalEvent]:
    named = read_key(protocol.get("key"))
    # The inner key often names only the id, and whose the message is from its author's side; the outer one is ours.
    target = MessageKey(named.id, _is_ours(envelope, key, named), key.chat, key.author, key.is_person)
    return _protocol(envelope, item, protocol, target)


def _is_ours(envelope: Envelope, outer: MessageKey, named: MessageKey) -> bool | None:
    """Whether the changed message is the company's own; an administrator may delete what another one wrote."""
    if outer.from_me is None:
        return named.from_me
    if named.from_me is False:
        return envelope.owner_jid is not None and envelope.owner_jid in named.author
    return outer.from_me


def decode_update(envelope: Envelope, item: dict[str, Any]) -> Iterator[CanonicalEvent]:
    """One item of messages.update: an edit, or a status."""
    target = read_key(item.get("key") or item)
    target.id = as_text(item.get("keyId")) or target.id
    status = _status(item)
    raw = without_secrets(item)
    edited = as_dict(item.get("message"))
    if target.id is None:
        yield envelope.event("unknown", raw, problem="an update of no message")
    elif status == "DELETED":
        yield envelope.event("delete", raw, message_id=target.id, deleted=True, **_where(target))
    elif edited:
        inner = as_dict(edited.get("editedMessage")) or edited
        at = as_instant(item.get("messageTimestamp"))
        yield _edit(envelope, raw, target, inner.get("message") or inner, at)
    elif status is not None:
        at = as_instant(item.get("datetime"))  # 1.8 tells the moment
        votes = _votes(item)
        yield envelope.event(
            "status", raw, message_id=target.id, status=status, changed_at=at, details=votes, **_where(target)
        )
    else:
        yield envelope.event("ignored", raw, message_id=target.id, **_where(target))


def _votes(item: dict[str, Any]) -> dict[str, Any]:
    """How many voted for each option, where the update is a poll's; who did stays in the raw event."""
    options = [as_dict(option) for option in as_list(item.get("pollUpdates"))]
    counts = {name: len(as_list(option.get("voters"))) for option in options if (name := as_text(option.get("name")))}
    return {"votes": counts} if counts else {}


def _status(item: dict[str, Any]) -> str | None:
    value = item.get("status", as_dict(item.get("update")).get("status"))
    if isinstance(value, str):
        return value
    number = as_int(value)
    return STATUSES[number] if number is not None and 0 <= number < len(STATUSES) else None


def decode_delete(envelope: Envelope, item: dict[str, Any]) -> Iterator[CanonicalEvent]:
    """One item of messages.delete. Where a `key` is given, `id` is the server's own id, not WhatsApp's."""
    target = read_key(item["key"] if isinstance(item.get("key"), dict) else item)
    raw = without_secrets(item)
    if target.id is None:
        yield envelope.event("unknown", raw, problem="a deletion of no message")
        return
    yield envelope.event("delete", raw, message_id=target.id, deleted=True, **_where(target))
