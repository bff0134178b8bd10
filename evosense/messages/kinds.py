"""The few types of messages that people and queries tell apart, and which messages a model is asked about."""

from __future__ import annotations

from typing import Final

_TYPES: Final = {
    "conversation": "text",
    "extendedTextMessage": "text",
    "buttonsMessage": "text",
    "buttonsResponseMessage": "text",
    "listMessage": "text",
    "listResponseMessage": "text",
    "templateMessage": "text",
    "templateButtonReplyMessage": "text",
    "interactiveMessage": "text",
    "interactiveResponseMessage": "text",
    "imageMessage": "image",
    "videoMessage": "video",
    "ptvMessage": "video",
    "audioMessage": "audio",
    "documentMessage": "document",
    "stickerMessage": "sticker",
    "locationMessage": "location",
    "liveLocationMessage": "location",
    "contactMessage": "contact",
    "contactsArrayMessage": "contact",
    "pollCreationMessage": "poll",
    "pollCreationMessageV2": "poll",
    "pollCreationMessageV3": "poll",
    "pollCreationMessageV4": "poll",
    "pollCreationMessageV5": "poll",
    "pollUpdateMessage": "poll",
    "reactionMessage": "reaction",
    "protocolMessage": "system",
}


def message_type(wire_type: str | None) -> str:
    """`app.message.type` for a type on the wire."""
    return _TYPES.get(wire_type or "", "other")


def is_scored(direction: str, chat_kind: str, *, has_text: bool) -> bool:
    """Whether the champion scores it: what a customer wrote to the company, one to one."""
    return has_text and direction == "in" and chat_kind == "individual"
