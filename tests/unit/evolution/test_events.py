"""Canonical events of every captured kind, of older versions, and of things no server should send."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from evosense.evolution.canonical import as_json_line, phone_state
from evosense.evolution.events import KNOWN_KINDS, CanonicalEvent, decode_envelope, decode_records
from evosense.evolution.raw_gateway import decode_gateway_text
from evosense.evolution.recorded import decode_frames, decode_recording
from tests.unit.evolution.expected import EXPECTED, MARCOS

NOW = datetime(2026, 11, 20, 23, 10, 48, tzinfo=UTC)


def fields(event: CanonicalEvent, names: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(event, name) for name in names}


def test_every_captured_example_is_expected_here(wire: dict[str, Any]) -> None:
    assert set(EXPECTED) == set(wire["socketio_2_3_7"])


def test_captured_frames_mean_what_they_say(example: dict[str, Any]) -> None:
    events = list(decode_frames(example["frames"], received_at=NOW))
    assert len(events) == 1
    expected = EXPECTED[example["name"]]
    assert fields(events[0], expected) == expected
    assert events[0].received_at == NOW


def test_webhook_and_socket_renderings_mean_the_same(example: dict[str, Any]) -> None:
    (by_socket,) = decode_frames(example["frames"], received_at=NOW)
    webhook = json.loads(json.dumps(example["envelope"]), object_hook=_indexed_bytes)
    (by_webhook,) = decode_envelope(webhook, received_at=NOW)
    for event in (by_socket, by_webhook):
        event.raw = None
    assert by_socket == by_webhook


def _indexed_bytes(value: dict[str, Any]) -> dict[str, Any]:
    import base64

    if "$bytes_b64" in value:
        return {str(index): byte for index, byte in enumerate(base64.b64decode(value["$bytes_b64"]))}
    return value


def test_media_is_read_before_its_key_is_removed(wire: dict[str, Any]) -> None:
    example = wire["socketio_2_3_7"]["upsert_image_caption"]
    (event,) = decode_frames(example["frames"], received_at=NOW)
    assert event.media is not None
    assert event.media.key == bytes(range(31, -1, -1))
    assert event.media.size_bytes == 48213
    assert "'mediaKey'" not in str(event.raw)
    line = as_json_line(event)
    assert b'"mediaKey"' not in line
    assert b"mmg.whatsapp.net" in line  # the address alone opens nothing


def test_no_token_survives_decoding(example: dict[str, Any]) -> None:
    for event in decode_frames(example["frames"], received_at=NOW):
        assert b"TOKEN-LOJA" not in as_json_line(event)


def test_older_versions(wire: dict[str, Any]) -> None:
    older = wire["older_versions"]
    decoded = {name: decode_envelope(example["envelope"], received_at=NOW)[0] for name, example in older.items()}
    assert decoded["v1_8_conversation"].text == "Bom dia"
    assert decoded["v2_2_3_lid"].chat_jid == "99887766554433@lid"
    rewritten = decoded["v2_3_5_2_3_6_lid"]
    assert rewritten.chat_jid == "5511955554444@s.whatsapp.net"
    assert rewritten.jid_pairs == (("99887766554433@lid", "5511955554444@s.whatsapp.net"),)
    image = decoded["v2_3_2_and_older_image"]
    assert image.media is not None
    assert (image.media.key, image.media.size_bytes) == (b"\x00\x01\x02\x03", 48213)


def test_2_3_1_to_2_3_4_name_the_hidden_address_in_other_fields() -> None:
    key = {"remoteJid": "551177776666@s.whatsapp.net", "previousRemoteJid": "99@lid", "fromMe": False, "id": "A"}
    key["senderPn"] = MARCOS
    (event,) = decode_envelope({"event": "messages.upsert", "data": {"key": key}}, received_at=NOW)
    assert event.jid_pairs == (("99@lid", MARCOS),)


def test_our_own_number_is_never_taken_for_the_customers() -> None:
    key = {"remoteJid": "99@lid", "fromMe": True, "id": "A", "senderPn": "5511900000002@s.whatsapp.net"}
    (event,) = decode_envelope({"event": "messages.upsert", "data": {"key": key}}, received_at=NOW)
    assert (event.chat_jid, event.jid_pairs) == ("99@lid", ())


def test_records_of_find_messages(wire: dict[str, Any]) -> None:
    records = wire["http_2_3_7"]["findMessages_response"]["messages"]["records"]
    (event,) = decode_records(records, instance="loja-b", received_at=NOW)
    assert event.message_id == "3EB0AAAA0010"
    assert event.chat_jid == "5511955554444@s.whatsapp.net"
    assert event.history


def test_an_edited_record_is_a_message_and_an_edit() -> None:
    record = {
        "key": {"id": "A", "fromMe": False, "remoteJid": MARCOS},
        "message": {"conversation": "depois"},
        "messageType": "conversation",
        "messageTimestamp": 1795216300,
        "MessageUpdate": [{"status": "EDITED"}, {"status": "READ"}],
    }
    events = decode_records([record], instance="i", received_at=NOW)
    assert [event.action for event in events] == ["message", "edit", "status"]
    assert events[1].text == "depois"


def update(event: str, data: Any) -> list[CanonicalEvent]:
    return decode_envelope({"event": event, "instance": "i", "data": data}, received_at=NOW)


def test_both_shapes_of_deletion() -> None:
    (by_author,) = update("messages.delete", {"remoteJid": MARCOS, "fromMe": False, "id": "A", "status": "DELETED"})
    (by_api,) = update("messages.delete", {"id": "cuid", "key": {"id": "A", "fromMe": True, "remoteJid": MARCOS}})
    (revoke,) = update("messages.edited", {"key": {"id": "A", "remoteJid": MARCOS}, "type": "REVOKE"})
    (number,) = update("messages.edited", {"key": {"id": "A", "remoteJid": MARCOS}, "type": 0})
    events = [by_author, by_api, revoke, number]
    assert {(event.action, event.message_id, event.deleted) for event in events} == {("delete", "A", True)}


def test_edits_inside_messages_upsert() -> None:
    inner = {"protocolMessage": {"key": {"id": "A"}, "type": 14, "editedMessage": {"conversation": "novo"}}}
    for message in (inner, {"editedMessage": {"message": inner}}):
        (event,) = update("messages.upsert", {"key": {"id": "B", "remoteJid": MARCOS}, "message": message})
        assert (event.action, event.edited_of, event.text) == ("edit", "A", "novo")
        assert event.chat_jid == MARCOS


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"extendedTextMessage": {"text": "oi"}}, "oi"),
        ({"ephemeralMessage": {"message": {"extendedTextMessage": {"text": "some"}}}}, "some"),
        ({"viewOnceMessageV2": {"message": {"imageMessage": {"caption": "uma vez"}}}}, "uma vez"),
        ({"documentWithCaptionMessage": {"message": {"documentMessage": {"fileName": "nota.pdf"}}}}, "nota.pdf"),
        ({"documentMessage": {"fileName": "nota.pdf", "caption": "segue a nota"}}, "segue a nota"),
        ({"contactMessage": {"displayName": "Zé"}}, "Zé"),
        ({"contactsArrayMessage": {"contacts": [{"displayName": "Zé"}, {"displayName": "Bia"}]}}, "Zé\nBia"),
        ({"locationMessage": {"name": "Loja", "address": "Rua A, 1"}}, "Loja\nRua A, 1"),
        ({"buttonsResponseMessage": {"selectedDisplayText": "Sim"}}, "Sim"),
        ({"listResponseMessage": {"title": "Segunda via"}}, "Segunda via"),
        ({"templateButtonReplyMessage": {"selectedDisplayText": "Quero"}}, "Quero"),
        ({"interactiveResponseMessage": {"body": {"text": "ok"}}}, "ok"),
        ({"pollCreationMessageV3": {"name": "Dia?", "options": [{"optionName": "sex"}]}}, "Dia?\nsex"),
        ({"audioMessage": {"seconds": 3}}, None),
        ({"stickerMessage": {"mimetype": "image/webp"}}, None),
        ({"messageContextInfo": {}, "conversation": "texto"}, "texto"),
        ({}, None),
    ],
)
def test_text_of_every_type(message: dict[str, Any], text: str | None) -> None:
    (event,) = update("messages.upsert", {"key": {"id": "A", "remoteJid": MARCOS}, "message": message})
    assert event.action == "message"
    assert event.text == text


def test_status_as_number_of_old_versions() -> None:
    (event,) = update("messages.update", {"key": {"id": "A", "remoteJid": MARCOS}, "update": {"status": 4}})
    assert (event.action, event.status) == ("status", "READ")


def test_lists_of_addresses() -> None:
    events = update("chats.delete", [MARCOS, {"remoteJid": "551133334444@s.whatsapp.net"}, 7])
    assert [event.action for event in events] == ["chat", "chat", "unknown"]
    assert events[0].deleted


def test_subscription_names_and_paths_are_understood() -> None:
    for name in ("MESSAGES_UPSERT", "messages-upsert", "group-participants.update", "GROUP_PARTICIPANTS_UPDATE"):
        assert update(name, {"id": "1@g.us"})[0].event_kind in KNOWN_KINDS


@pytest.mark.parametrize(
    ("event", "data", "state"),
    [
        ("connection.update", {"state": "open"}, "open"),
        ("connection.update", {"state": 7}, None),
        ("qrcode.updated", {"qrcode": {"code": "2@x"}}, "qrcode"),
        ("logout.instance", {"instance": "loja-b"}, "close"),
        ("remove.instance", None, "close"),
        ("instance.create", {"instanceName": "loja-b"}, None),
        ("messages.upsert", {"key": {"id": "A", "remoteJid": MARCOS}}, None),
    ],
)
def test_what_is_said_of_the_phone(event: str, data: Any, state: str | None) -> None:
    (found,) = decode_envelope({"event": event, "instance": "loja-b", "data": data}, received_at=NOW)
    assert phone_state(found) == state


def test_unknown_kinds_are_kept() -> None:
    (event,) = update("moon.landed", {"apikey": "SECRET", "a": 1})
    assert (event.action, event.event_kind, event.details) == ("unknown", "unknown", {"event": "moon.landed"})
    assert b"SECRET" not in as_json_line(event)


def test_one_bad_item_never_costs_its_neighbours(wire: dict[str, Any]) -> None:
    good = wire["socketio_2_3_7"]["upsert_conversation"]["envelope"]["data"]
    events = update("messages.set", [good, None, 5, {"key": []}, {"key": {"id": 5}}, copy.deepcopy(good)])
    assert [event.action for event in events] == ["message", "unknown", "unknown", "unknown", "unknown", "message"]


@pytest.mark.parametrize("envelope", [None, 5, "x", [], {}, {"event": "messages.upsert"}, {"data": {}}])
def test_no_envelopes(envelope: Any) -> None:
    (event,) = decode_envelope(envelope, received_at=NOW)
    assert event.action == "unknown"


def test_raw_gateway(wire: dict[str, Any]) -> None:
    own = "5511900000002@s.whatsapp.net"
    frames = [
        frame if isinstance(frame, str) else json.dumps(frame, ensure_ascii=False) for frame in wire["raw_gateway"]
    ]
    events = [decode_gateway_text(frame, received_at=NOW, own_address=own) for frame in frames]
    assert [event.action for event in events] == ["message", "message", "message", "message", "ignored", "unknown"]
    assert [event.from_me for event in events[:4]] == [False, False, True, False]
    assert events[1].chat_jid == "120363041234567890@g.us"
    assert all(event.synthetic and event.message_id is None for event in events)
    unsure = decode_gateway_text(frames[1], received_at=NOW)
    assert unsure.from_me is None


def test_a_whole_recording_decodes(wire: dict[str, Any]) -> None:
    events = list(decode_recording(json.dumps(wire), received_at=NOW))
    kinds = {event.event_kind for event in events}
    assert {"messages.upsert", "messages.edited", "raw.message"} <= kinds
    assert [event.problem for event in events if event.action == "unknown"] == ["not JSON"]  # a gateway's text
