"""How Evolution 2.3.7 writes a message: the `data` of events and the record of its database.

Read off captured events. Worth knowing: an extended text is flattened to `conversation` with the quote in a
top-level `contextInfo`; bytes are real bytes here (attachments on the socket); longs are `{low, high,
unsigned}`; a direct chat addressed by LID is stored as `@lid` and emitted under the phone number.
"""

from __future__ import annotations

import base64
import random
from typing import TYPE_CHECKING, Any

import orjson

from evosense.testing.evolution.drafts import LID, PHONE, Draft, source_of
from evosense.testing.evolution.packing import as_base64
from evosense.testing.evolution.rows import StoredMessage

if TYPE_CHECKING:
    from evosense.testing.evolution.instances import Instance

Json = dict[str, Any]
OWN_NAME = "Você"
MESSAGE_TYPES = {
    "text": "conversation",
    "audio": "audioMessage",
    "image": "imageMessage",
    "sticker": "stickerMessage",
    "document": "documentMessage",
    "location": "locationMessage",
    "reaction": "reactionMessage",
}
_BYTE_FIELDS = ("messageSecret", "mediaKey", "fileSha256", "fileEncSha256", "jpegThumbnail", "waveform")


def long(value: int, *, unsigned: bool = False) -> Json:
    """A 64-bit integer as Long.js shows it: `low` is a signed 32-bit word unless unsigned."""
    low, high = value & 0xFFFFFFFF, value >> 32
    if not unsigned and low >= 1 << 31:
        low -= 1 << 32
    return {"low": low, "high": high, "unsigned": unsigned}


def cuid(rng: random.Random) -> str:
    """A row id of Evolution's database."""
    return f"c{rng.getrandbits(96):024x}"


class MessageWriter:
    """Writes drafts in Evolution's shapes; its generator makes the bytes, so a seed repeats them."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def data(self, instance: Instance, draft: Draft) -> Json:
        """`data` of messages.upsert and send.message."""
        data: Json = {
            "key": emitted_key(draft),
            "pushName": OWN_NAME if draft.from_me else draft.push_name,
            "status": _status(draft),
            "message": self._content(draft),
        }
        if draft.kind != "reaction" and (draft.kind != "text" or draft.quote or draft.via_api):
            data["contextInfo"] = _context(draft)
        data["messageType"] = MESSAGE_TYPES[draft.kind]
        data["messageTimestamp"] = draft.sent_at
        data["instanceId"] = instance.id
        data["source"] = source_of(draft.key_id)
        return data

    def stored(self, draft: Draft, data: Json, emitted: float | None) -> StoredMessage:
        """The row for an event's `data`."""
        record: Json = {
            "id": cuid(self.rng),
            "key": stored_key(draft),
            "pushName": data["pushName"],
            "messageType": data["messageType"],
            "message": data["message"],
            "messageTimestamp": draft.sent_at,
            "instanceId": data["instanceId"],
            "source": data["source"],
            "contextInfo": data.get("contextInfo"),
        }
        return StoredMessage(
            key_id=draft.key_id,
            from_me=draft.from_me,
            chat=draft.stored_chat,
            alt=draft.chat if draft.lid else "",
            kind=data["messageType"],
            ts=draft.sent_at,
            emitted=emitted,
            record=orjson.dumps(record, default=as_base64),
        )

    def _content(self, draft: Draft) -> Json:
        if draft.kind == "text":
            return self._text(draft)
        if draft.kind == "reaction":
            return {"reactionMessage": _reaction(draft)}
        if draft.kind == "location":
            return {"locationMessage": self._location(draft)}
        media = {
            "audio": self._audio,
            "image": self._image,
            "sticker": self._sticker,
            "document": self._document,
        }
        content: Json = {MESSAGE_TYPES[draft.kind]: media[draft.kind](draft)}
        if draft.secret and draft.kind != "audio":
            content["messageContextInfo"] = self._secret()
        return content

    def _text(self, draft: Draft) -> Json:
        if not draft.secret:
            return {"conversation": draft.text}
        if draft.quote:
            return {"messageContextInfo": self._secret(), "conversation": draft.text}
        return {"conversation": draft.text, "messageContextInfo": self._secret()}

    def _secret(self) -> Json:
        return {"threadId": [], "deviceListMetadataVersion": 2, "messageSecret": self.rng.randbytes(32)}

    def _file(self, draft: Draft, mimetype: str, size: int) -> Json:
        path = f"/v/t62.{self.rng.randint(7000, 7200)}-24/{self.rng.getrandbits(48)}_n.enc"
        return {
            "url": f"https://mmg.whatsapp.net{path}",
            "mimetype": mimetype,
            "fileSha256": self.rng.randbytes(32),
            "fileLength": long(size, unsigned=True),
            "mediaKey": self.rng.randbytes(32),
            "fileEncSha256": self.rng.randbytes(32),
            "directPath": path,
            "mediaKeyTimestamp": long(draft.sent_at - 10),
        }

    def _audio(self, draft: Draft) -> Json:
        file = self._file(draft, "audio/ogg; codecs=opus", max(1, draft.seconds) * 2300)
        return {**file, "seconds": draft.seconds, "ptt": True, "waveform": self.rng.randbytes(64)}

    def _image(self, draft: Draft) -> Json:
        head: Json = {"interactiveAnnotations": [], "scanLengths": [], "annotations": []}
        file = self._file(draft, "image/jpeg", self.rng.randint(20_000, 400_000))
        thumbnail = b"\xff\xd8\xff\xe0" + self.rng.randbytes(700)
        caption = {"caption": draft.text} if draft.text else {}
        return {**head, **file, **caption, "height": 1280, "width": 960, "jpegThumbnail": thumbnail}

    def _sticker(self, draft: Draft) -> Json:
        file = self._file(draft, "image/webp", self.rng.randint(8_000, 60_000))
        return {
            **file,
            "height": 64,
            "width": 64,
            "isAnimated": False,
            "isAvatar": False,
            "isAiSticker": False,
        }

    def _document(self, draft: Draft) -> Json:
        file = self._file(draft, "application/pdf", self.rng.randint(30_000, 900_000))
        name = f"comprovante-{self.rng.randint(1000, 9999)}.pdf"
        caption = {"caption": draft.text} if draft.text else {}
        return {**file, "title": name, "fileName": name, "pageCount": 1, **caption}

    def _location(self, draft: Draft) -> Json:
        return {
            "degreesLatitude": round(-23.5 + self.rng.uniform(-0.2, 0.2), 6),
            "degreesLongitude": round(-46.6 + self.rng.uniform(-0.2, 0.2), 6),
            "name": draft.text,
        }


def _status(draft: Draft) -> str:
    if draft.via_api:
        return "PENDING"
    return "SERVER_ACK" if draft.from_me else "DELIVERY_ACK"


def _context(draft: Draft) -> Json | None:
    if draft.quote is None:
        return None
    return {
        "mentionedJid": [],
        "groupMentions": [],
        "statusAttributions": [],
        "stanzaId": draft.quote.key_id,
        "participant": draft.quote.author,
        "quotedMessage": {"conversation": draft.quote.text},
    }


def _reaction(draft: Draft) -> Json:
    target = draft.target
    key: Json = {
        "remoteJid": draft.stored_chat,
        "fromMe": target.from_me if target else False,
        "id": target.key_id if target else "",
    }
    return {"key": key, "text": draft.text, "senderTimestampMs": long(draft.sent_at * 1000 + 123)}


def emitted_key(draft: Draft) -> Json:
    """The key of an event: a LID chat shows the phone on both sides."""
    key: Json = {"remoteJid": draft.chat, "fromMe": draft.from_me, "id": draft.key_id}
    if draft.via_api:
        return key
    if draft.in_group:
        return _group_key(draft, key)
    if draft.lid:
        key["remoteJidAlt"] = draft.chat
    key["addressingMode"] = "lid" if draft.lid or draft.chat.endswith(LID) else "pn"
    return key


def _group_key(draft: Draft, key: Json) -> Json:
    if draft.participant:
        key["participant"] = draft.participant
    if draft.participant_alt:
        key["participantAlt"] = draft.participant_alt
    key["addressingMode"] = "pn" if (draft.participant or PHONE).endswith(PHONE) else "lid"
    return key


def stored_key(draft: Draft) -> Json:
    """The key of a record: as WhatsApp gave it, `@lid` where the chat is addressed so."""
    key = emitted_key(draft)
    if not draft.lid:
        return key
    head: Json = {
        "id": key["id"],
        "fromMe": key["fromMe"],
        "remoteJid": draft.lid,
        "remoteJidAlt": draft.chat,
    }
    return {**head, "addressingMode": "lid"}


def revive(record: Json) -> Json:
    """A record's message with its bytes as bytes again, as history syncs carry them."""

    def walk(value: Any) -> Any:
        if isinstance(value, list):
            return [walk(one) for one in value]
        if not isinstance(value, dict):
            return value
        return {
            name: base64.b64decode(one) if name in _BYTE_FIELDS and isinstance(one, str) else walk(one)
            for name, one in value.items()
        }

    return walk(record)
