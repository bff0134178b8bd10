"""The content of a message: its type, the text that a person reads in it, its file, and whom it answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from evosense.evolution.canonical import Media
from evosense.evolution.engineio import ProtocolError
from evosense.evolution.socketio import load_json
from evosense.evolution.wire_values import as_bytes, as_dict, as_int, as_list, as_text

WRAPPERS: Final = frozenset(
    {
        "ephemeralMessage",
        "viewOnceMessage",
        "viewOnceMessageV2",
        "viewOnceMessageV2Extension",
        "documentWithCaptionMessage",
        "groupMentionedMessage",
        "botInvokeMessage",
        "lottieStickerMessage",
        "associatedChildMessage",
        "deviceSentMessage",
        "templateMessageV2",
        "commentMessage",
        "pollCreationMessageV4",
        "pollCreationMessageV5",
    }
)
_BESIDES: Final = frozenset(
    {"messageContextInfo", "senderKeyDistributionMessage", "base64", "mediaUrl", "speechToText"}
)
_MEDIA_TYPES: Final = frozenset(
    {"imageMessage", "videoMessage", "ptvMessage", "audioMessage", "documentMessage", "stickerMessage"}
)
_MAX_WRAPPERS: Final = 8
_MAX_TEXT: Final = 65_536  # WhatsApp's own limit for a text


class Content(msgspec.Struct, gc=False):
    """What a message holds. `inner` is the object of its type, `body` the message without wrappers."""

    type: str | None
    text: str | None
    media: Media | None
    context: dict[str, Any]
    inner: dict[str, Any]
    body: dict[str, Any]

    @property
    def answers(self) -> str | None:
        """The poll that a vote is for."""
        return as_text(as_dict(self.inner.get("pollCreationMessageKey")).get("id"))


def read_content(message: object, declared_type: str | None = None) -> Content:
    """Read `message`; `declared_type` is the item's `messageType`, where the message says none."""
    body = unwrap(as_dict(message))
    kind = _type_of(body, declared_type)
    inner = as_dict(body.get(kind)) if kind else {}
    text = _text_of(kind, body, inner)
    media = _media(inner) if kind in _MEDIA_TYPES else None
    return Content(kind, text, media, as_dict(inner.get("contextInfo")), inner, body)


def unwrap(body: dict[str, Any]) -> dict[str, Any]:
    """The message inside wrappers such as disappearing or view-once ones."""
    for _ in range(_MAX_WRAPPERS):
        wrapper = next((name for name in body if name in WRAPPERS), None)
        inside = as_dict(as_dict(body.get(wrapper)).get("message")) if wrapper else {}
        if not inside:
            return body
        body = inside
    return body


def _type_of(body: dict[str, Any], declared: str | None) -> str | None:
    if declared is not None and declared in body and declared not in _BESIDES:
        return declared
    return next((name for name in body if name not in _BESIDES), declared)


def _text_of(kind: str | None, body: dict[str, Any], inner: dict[str, Any]) -> str | None:
    if kind is None:
        return None
    if kind == "conversation":
        text = as_text(body.get(kind))
    else:
        reader = _READERS.get(kind)
        text = reader(inner) if reader else None
    return text[:_MAX_TEXT] if text else None


def _field(*names: str) -> Callable[[dict[str, Any]], str | None]:
    """A reader of the first of `names` that holds text."""

    def read(inner: dict[str, Any]) -> str | None:
        for name in names:
            text = as_text(inner.get(name))
            if text:
                return text
        return None

    return read


def _joined(parts: list[object]) -> str | None:
    texts = [text for text in map(as_text, parts) if text]
    return "\n".join(dict.fromkeys(texts)) or None


def _place(inner: dict[str, Any]) -> str | None:
    return _joined([inner.get("name"), inner.get("address"), inner.get("comment")])


def _people(inner: dict[str, Any]) -> str | None:
    names = [as_dict(contact).get("displayName") for contact in as_list(inner.get("contacts"))]
    return _joined([inner.get("displayName"), *names])


def _poll(inner: dict[str, Any]) -> str | None:
    options = [as_dict(option).get("optionName") for option in as_list(inner.get("options"))]
    return _joined([inner.get("name"), *options])


def _vote(inner: dict[str, Any]) -> str | None:
    """What was voted for. 2.3.7 opens votes on polls that it knows; all others stay encrypted and have no text."""
    return _joined(as_list(as_dict(inner.get("vote")).get("selectedOptions")))


def _list_message(inner: dict[str, Any]) -> str | None:
    rows = [row for section in as_list(inner.get("sections")) for row in as_list(as_dict(section).get("rows"))]
    titles = [as_dict(row).get("title") for row in rows]
    return _joined([inner.get("title"), inner.get("description"), *titles])


def _buttons(inner: dict[str, Any]) -> str | None:
    buttons = [as_dict(button) for button in as_list(inner.get("buttons"))]
    labels = [as_dict(button.get("buttonText")).get("displayText") for button in buttons]
    return _joined([inner.get("text"), inner.get("contentText"), inner.get("footerText"), *labels])


def _template(inner: dict[str, Any]) -> str | None:
    for name in ("hydratedTemplate", "hydratedFourRowTemplate"):
        hydrated = as_dict(inner.get(name))
        buttons = [as_dict(button) for button in as_list(hydrated.get("hydratedButtons"))]
        labels = [as_dict(child).get("displayText") for button in buttons for child in button.values()]
        text = _joined([hydrated.get("hydratedTitleText"), hydrated.get("hydratedContentText"), *labels])
        if text:
            return text
    return _interactive(as_dict(inner.get("interactiveMessageTemplate")))


def _interactive(inner: dict[str, Any]) -> str | None:
    header, body = as_dict(inner.get("header")), as_dict(inner.get("body"))
    return _joined([header.get("title"), body.get("text")])


def _interactive_response(inner: dict[str, Any]) -> str | None:
    """The words of the button that was pressed; flows tell them as JSON inside the JSON."""
    text = as_text(as_dict(inner.get("body")).get("text"))
    if text:
        return text
    try:
        chosen = as_dict(load_json(as_text(as_dict(inner.get("nativeFlowResponseMessage")).get("paramsJson")) or "{}"))
    except ProtocolError:
        return None
    return _field("display_text", "title", "id")(chosen)


def _product(inner: dict[str, Any]) -> str | None:
    product = as_dict(inner.get("product"))
    return _joined([product.get("title"), product.get("description"), inner.get("body")])


def _payment(inner: dict[str, Any]) -> str | None:
    return read_content(inner.get("noteMessage")).text


_READERS: Final[dict[str, Callable[[dict[str, Any]], str | None]]] = {
    "extendedTextMessage": _field("text"),
    "imageMessage": _field("caption"),
    "videoMessage": _field("caption"),
    "ptvMessage": _field("caption"),
    "documentMessage": _field("caption", "fileName", "title"),
    "locationMessage": _place,
    "liveLocationMessage": _field("caption"),
    "contactMessage": _people,
    "contactsArrayMessage": _people,
    "buttonsMessage": _buttons,
    "buttonsResponseMessage": _field("selectedDisplayText", "selectedButtonId"),
    "templateMessage": _template,
    "templateButtonReplyMessage": _field("selectedDisplayText", "selectedId"),
    "listMessage": _list_message,
    "listResponseMessage": _list_message,
    "interactiveMessage": _interactive,
    "interactiveResponseMessage": _interactive_response,
    "pollCreationMessage": _poll,
    "pollCreationMessageV2": _poll,
    "pollCreationMessageV3": _poll,
    "pollCreationMessageV4": _poll,
    "pollCreationMessageV5": _poll,
    "pollUpdateMessage": _vote,
    "eventMessage": _field("name", "description"),
    "groupInviteMessage": _field("caption", "groupName"),
    "productMessage": _product,
    "orderMessage": _field("message", "orderTitle"),
    "requestPaymentMessage": _payment,
    "sendPaymentMessage": _payment,
    "reactionMessage": _field("text"),
}


def _media(inner: dict[str, Any]) -> Media | None:
    if not inner:
        return None
    return Media(
        mimetype=as_text(inner.get("mimetype")),
        file_name=as_text(inner.get("fileName")),
        size_bytes=as_int(inner.get("fileLength")),
        seconds=as_int(inner.get("seconds")),
        url=as_text(inner.get("url")),
        direct_path=as_text(inner.get("directPath")),
        key=as_bytes(inner.get("mediaKey")),
        sha256=as_bytes(inner.get("fileSha256")),
    )
