"""Inputs of our own invention, other than the captured ones: what each version from 1.8 to 2.3.7 makes of one message.

The shapes follow the servers' sources at their tags (1.8.2, 2.2.3, 2.3.2, 2.3.4, 2.3.6, 2.3.7).
"""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from evosense.evolution.canonical import CanonicalEvent, as_json_line
from evosense.evolution.engineio import ProtocolError
from evosense.evolution.events import decode_envelope
from evosense.evolution.recorded import decode_recording

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
SENT, SENT_AT = 1_795_300_123, datetime(2026, 11, 21, 22, 28, 43, tzinfo=UTC)
PHONE, HIDDEN, GROUP = "5521912345678@s.whatsapp.net", "74013912345@lid", "120363999888777666@g.us"
OWNER = "5521933334444@s.whatsapp.net"
KEY = bytes(range(32))

Bytes = Callable[[bytes], Any]
Long = Callable[[int], Any]
BYTES: dict[str, Bytes] = {
    "base64": lambda data: base64.b64encode(data).decode(),
    "object": lambda data: {str(index): value for index, value in enumerate(data)},
    "buffer": lambda data: {"type": "Buffer", "data": list(data)},
    "binary": lambda data: data,
}
LONGS: dict[str, Long] = {
    "text": str,
    "number": int,
    "halves": lambda n: {"low": (n + 2**31) % 2**32 - 2**31, "high": n >> 32, "unsigned": False},
}


def envelope(event: str, data: Any, **fields: Any) -> dict[str, Any]:
    return {"event": event, "instance": "Loja Zona Sul", "data": data, "sender": OWNER, "apikey": "T0K3N", **fields}


def decoded(event: str, data: Any) -> list[CanonicalEvent]:
    return decode_envelope(envelope(event, data), received_at=NOW)


def item(key: dict[str, Any], message: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    content = message or {"conversation": "Tem no tamanho 42?"}
    return {
        "key": {"fromMe": False, "id": "BAE5F00D", **key},
        "pushName": "Nair",
        "message": content,
        "messageType": next(iter(content)),
        "messageTimestamp": SENT,
        **fields,
    }


@pytest.mark.parametrize("longs", LONGS)
@pytest.mark.parametrize("rendering", BYTES)
def test_a_photo_in_every_rendering(rendering: str, longs: str) -> None:
    raw, number = BYTES[rendering], LONGS[longs]
    image = {"caption": "Chegou assim", "mimetype": "image/jpeg", "fileLength": number(70_001), "mediaKey": raw(KEY)}
    message = {"imageMessage": image, "messageContextInfo": {"messageSecret": raw(KEY)}}
    (event,) = decoded("messages.upsert", item({"remoteJid": PHONE}, message) | {"messageTimestamp": number(SENT)})
    assert (event.text, event.sent_at, event.type) == ("Chegou assim", SENT_AT, "imageMessage")
    assert event.media is not None
    assert (event.media.key, event.media.size_bytes) == (KEY, 70_001)
    line = as_json_line(event)
    assert not any(word in line for word in (b"mediaKey", b"messageSecret", b"T0K3N", base64.b64encode(KEY)))


@pytest.mark.parametrize(
    ("key", "chat", "others"),
    [
        ({"remoteJid": HIDDEN}, HIDDEN, ()),  # to 2.3.0
        ({"remoteJid": PHONE, "senderPn": PHONE, "previousRemoteJid": HIDDEN}, PHONE, (HIDDEN,)),  # 2.3.1 to 2.3.4
        ({"remoteJid": HIDDEN, "senderPn": PHONE}, PHONE, (HIDDEN,)),
        ({"remoteJid": HIDDEN, "remoteJidAlt": PHONE, "addressingMode": "lid"}, PHONE, (HIDDEN,)),  # 2.3.5, 2.3.6
        ({"remoteJid": PHONE, "remoteJidAlt": PHONE, "addressingMode": "lid"}, PHONE, ()),  # 2.3.7
        ({"remoteJid": PHONE, "remoteJidAlt": HIDDEN}, PHONE, (HIDDEN,)),  # 2.4.0-rc2
        ({"remoteJid": "552112345678:3@s.whatsapp.net"}, "552112345678@s.whatsapp.net", ()),  # a landline's device
        ({"remoteJid": "552192345678@s.whatsapp.net"}, "5521992345678@s.whatsapp.net", ()),  # before the ninth digit
    ],
)
def test_a_direct_chat_in_every_version(key: dict[str, Any], chat: str, others: tuple[str, ...]) -> None:
    (event,) = decoded("messages.upsert", item(key))
    assert (event.chat_jid, event.chat_alt_jids) == (chat, others)
    assert (event.author_jid, event.author_alt_jids) == (chat, others)
    assert event.jid_pairs == (((HIDDEN, PHONE),) if others else ())
    (own,) = decoded("messages.upsert", item(key | {"fromMe": True}) | {"pushName": "Você"})
    assert (own.author_jid, own.from_me, own.push_name) == (OWNER, True, None)


@pytest.mark.parametrize(
    ("key", "beside"),
    [
        ({"participant": PHONE}, {}),
        ({"participant": HIDDEN, "participantAlt": PHONE, "addressingMode": "lid"}, {}),
        ({"participant": HIDDEN, "participantPn": PHONE}, {}),
        ({"participant": PHONE, "participantLid": HIDDEN}, {}),
        ({}, {"participant": PHONE}),  # a history of 1.8
    ],
)
def test_who_wrote_in_a_group(key: dict[str, Any], beside: dict[str, Any]) -> None:
    (event,) = decoded("messages.upsert", item({"remoteJid": GROUP, **key}, **beside))
    assert (event.chat_jid, event.author_jid) == (GROUP, PHONE)
    assert event.author_alt_jids == ((HIDDEN,) if HIDDEN in key.values() else ())


@pytest.mark.parametrize(
    "key",
    [{"remoteJid": PHONE}, {"remoteJid": GROUP, "participant": PHONE}, {"remoteJid": GROUP, "participant": HIDDEN}],
)
def test_an_address_in_place_of_a_name_is_no_name(key: dict[str, Any]) -> None:
    address = next(reversed(key.values()))
    for written in (address, address.partition("@")[0], GROUP.partition("@")[0], "Você"):
        (event,) = decoded("messages.upsert", item(key) | {"pushName": written})
        assert event.push_name is None
    assert decoded("messages.upsert", item(key) | {"pushName": "Bar 1999"})[0].push_name == "Bar 1999"


VOTE = {
    "pollCreationMessageKey": {"id": "POLL1", "remoteJid": PHONE, "fromMe": True},
    "vote": {"selectedOptions": ["Quinta"]},
}


@pytest.mark.parametrize(
    ("message", "text", "answers"),
    [
        ({"pollCreationMessage": {"name": "Dia?", "options": [{"optionName": "Qui"}]}}, "Dia?\nQui", None),
        ({"pollCreationMessageV2": {"name": "Dia?", "options": []}}, "Dia?", None),
        ({"pollCreationMessageV4": {"message": {"pollCreationMessage": {"name": "Hora?"}}}}, "Hora?", None),
        ({"pollUpdateMessage": VOTE}, "Quinta", "POLL1"),
        ({"pollUpdateMessage": {**VOTE, "vote": {"encPayload": {"0": 9}}}}, None, "POLL1"),
        ({"listMessage": {"title": "Menu", "sections": [{"rows": [{"title": "Trocas"}]}]}}, "Menu\nTrocas", None),
        ({"interactiveResponseMessage": {"nativeFlowResponseMessage": {"paramsJson": '{"id":"sim"}'}}}, "sim", None),
        ({"interactiveResponseMessage": {"nativeFlowResponseMessage": {"paramsJson": "{"}}}, None, None),
        (
            {
                "templateMessage": {
                    "hydratedTemplate": {
                        "hydratedContentText": "Aceita?",
                        "hydratedButtons": [{"index": 0, "quickReplyButton": {"displayText": "Aceito"}}],
                    }
                }
            },
            "Aceita?\nAceito",
            None,
        ),
        ({"extendedTextMessage": {"text": "sim", "contextInfo": {"stanzaId": "Q7"}}}, "sim", "Q7"),  # not flattened
    ],
)
def test_polls_menus_and_answers(message: dict[str, Any], text: str | None, answers: str | None) -> None:
    (event,) = decoded("messages.upsert", item({"remoteJid": PHONE}, message))
    assert (event.action, event.text, event.quoted_id) == ("message", text, answers)


def test_a_polls_count_tells_no_voter() -> None:
    data = {"keyId": "POLL1", "remoteJid": PHONE, "fromMe": True, "status": "SERVER_ACK"}
    (event,) = decoded("messages.update", data | {"pollUpdates": [{"name": "Quinta", "voters": [PHONE, HIDDEN]}]})
    assert (event.message_id, event.details) == ("POLL1", {"votes": {"Quinta": 2}})


def test_a_reaction_and_its_end() -> None:
    for emoji, text in (("🙏", "🙏"), ("", None)):
        reaction = {"key": {"remoteJid": PHONE, "fromMe": False, "id": "OLD9"}, "text": emoji}
        data = item({"remoteJid": PHONE}, {"reactionMessage": reaction | {"senderTimestampMs": f"{SENT}456"}})
        (event,) = decoded("messages.upsert", data)
        assert (event.action, event.text, event.reaction_target_id) == ("reaction", text, "OLD9")
        assert event.message_id == "BAE5F00D"
        assert event.changed_at == SENT_AT.replace(microsecond=456_000)


def test_an_edit_as_the_authors_phone_wrote_its_key_makes_nobody_of_us() -> None:
    """Seen from the customer, the chat is with our number and the message is their own."""
    edit = {
        "key": {"remoteJid": OWNER, "fromMe": True, "id": "E1"},
        "type": 14,
        "editedMessage": {"conversation": "43"},
    }
    (event,) = decoded("messages.edited", edit | {"timestampMs": LONGS["halves"](SENT * 1000)})
    assert (event.action, event.edited_of, event.text, event.changed_at) == ("edit", "E1", "43", SENT_AT)
    assert (event.chat_jid, event.author_jid, event.from_me) == (None, None, None)
    (twin,) = decoded(
        "messages.update",
        {"keyId": "E1", "remoteJid": PHONE, "fromMe": False, "status": "SERVER_ACK"}
        | {"message": {"editedMessage": {"message": {"extendedTextMessage": {"text": "43"}}}}},
    )
    assert (twin.action, twin.text, twin.chat_jid, twin.from_me) == ("edit", "43", PHONE, False)


@pytest.mark.parametrize(
    ("outer", "inner", "ours"),
    [(False, True, False), (False, None, False), (True, True, True), (True, False, False), (None, True, True)],
)
def test_whose_a_deleted_message_was(outer: bool | None, inner: bool | None, ours: bool) -> None:
    named = {"id": "D1"} if inner is None else {"id": "D1", "fromMe": inner}
    message = {"protocolMessage": {"key": named, "type": "REVOKE"}}
    (event,) = decoded("messages.upsert", item({"remoteJid": PHONE, "fromMe": outer, "id": "D2"}, message))
    assert (event.action, event.message_id, event.deleted, event.from_me) == ("delete", "D1", True, ours)


def test_an_update_of_1_8_tells_its_moment() -> None:
    data = {"remoteJid": PHONE, "fromMe": True, "id": "S1", "status": "READ", "datetime": SENT * 1000}
    (event,) = decoded("messages.update", data)
    assert (event.action, event.message_id, event.status, event.changed_at) == ("status", "S1", "READ", SENT_AT)


def test_no_key_that_decrypts_is_kept() -> None:
    message = {
        "senderKeyDistributionMessage": {"axolotlSenderKeyDistributionMessage": BYTES["object"](KEY)},
        "conversation": "oi, grupo",
    }
    (event,) = decoded("messages.upsert", item({"remoteJid": GROUP, "participant": PHONE}, message))
    assert event.text == "oi, grupo"
    assert b"axolotl" not in as_json_line(event)


def frame(event: str, data: Any, *, namespace: str = "/Loja Zona Sul,", attachments: int = 0) -> str:
    head = f"45{attachments}-" if attachments else "42"
    return head + namespace + json.dumps([event, envelope(event, data)])


def binary(data: bytes) -> dict[str, str]:
    return {"$bin_b64": base64.b64encode(data).decode()}


def texts(recording: Any) -> list[str | None]:
    text = recording if isinstance(recording, str | bytes) else json.dumps(recording)
    return [event.text or event.problem for event in decode_recording(text, received_at=NOW)]


def said(text: str) -> dict[str, Any]:
    return item({"remoteJid": PHONE}, {"conversation": text})


PHOTO = item({"remoteJid": PHONE}, {"imageMessage": {"caption": "foto", "mediaKey": {"_placeholder": True, "num": 0}}})


def test_recordings_in_every_form() -> None:
    frames = ["0{}", "40", frame("messages.upsert", said("um")), "2", "3"]
    photo = [frame("messages.upsert", PHOTO, attachments=1), binary(KEY)]
    assert texts(frames) == ["um"]
    assert texts([frames, photo]) == ["um", "foto"]
    assert texts([*photo, envelope("messages.upsert", said("dois")), *frames]) == ["foto", "dois", "um"]
    assert texts({"a": {"frames": photo}, "b": {"envelope": envelope("send.message", said("b"))}}) == ["foto", "b"]
    assert texts([json.dumps(envelope("messages.upsert", said("texto")))]) == ["texto"]
    assert texts("\n".join([*frames[2:], "", json.dumps(envelope("messages.upsert", said("linha")))])) == [
        "um",
        "linha",
    ]
    assert texts("\n".join(map(json.dumps, photo))) == ["foto"]
    assert texts("\ufeff" + json.dumps(photo)) == ["foto"]
    assert texts([{"type": "message", "chatId": PHONE, "from": PHONE, "body": "cru"}, "nada"]) == ["cru", "not JSON"]


def test_a_ping_between_the_attachments_is_no_interruption() -> None:
    message = {"imageMessage": {"caption": "foto"}, "x": {"_placeholder": True, "num": 0}}
    data = item({"remoteJid": PHONE}, message | {"y": {"_placeholder": True, "num": 1}})
    assert texts([frame("messages.upsert", data, attachments=2), binary(b"1"), "2", binary(b"2")]) == ["foto"]


def test_a_broken_frame_is_told_and_costs_only_itself() -> None:
    good = frame("messages.upsert", said("boa"))
    broken = [
        (["45x", good], ["attachments and packet type contradict each other", "boa"]),
        ([good[:40], good], ["not JSON", "boa"]),
        ([binary(b"?"), good], ["a binary frame that no packet announced", "boa"]),
        (
            [frame("messages.upsert", PHOTO, attachments=2), binary(KEY), good],
            ["a packet began before the attachments of the last one were complete", "boa"],
        ),
        (
            [good, frame("messages.upsert", PHOTO, attachments=1)],
            ["boa", "the recording ends before the attachments of a packet are complete"],
        ),
        ([envelope("messages.upsert", [5, said("boa")])], ["an item that is no object", "boa"]),
        ([{"event": "messages.upsert", "instance": "x"}, good], ["an envelope without data", "boa"]),
        ([envelope("moon.rise", {"a": 1}), good], ["an event kind that we don't know", "boa"]),
    ]
    assert [texts(recording) for recording, _ in broken] == [expected for _, expected in broken]


def test_a_broken_text_shows_no_token() -> None:
    cut = json.dumps(envelope("messages.upsert", said("oi")) | {"mediaKey": "S3CR3T"})[:-1]
    (event,) = decode_recording(json.dumps([cut]), received_at=NOW)
    line = as_json_line(event)
    assert (event.action, event.problem) == ("unknown", "not JSON")
    assert [word in line for word in (b"T0K3N", b"S3CR3T", b"conversation")] == [False, False, True]


@pytest.mark.parametrize("text", ["", "nada disso", b"\xff\xfe\x00", "{"])
def test_what_is_no_recording_is_refused(text: str | bytes) -> None:
    with pytest.raises(ProtocolError):
        list(decode_recording(text, received_at=NOW))
