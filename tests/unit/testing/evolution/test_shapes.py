"""What the stand-in writes has the shape of what a real 2.3.7 server was seen to write."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from evosense.testing.evolution import Draft, InstanceSpec, Quote, Target
from evosense.testing.evolution.drafts import Kind, Source, new_key_id, source_of
from evosense.testing.evolution.instances import Instance
from evosense.testing.evolution.shapes import MessageWriter, emitted_key, long, revive, stored_key

WIRE: dict[str, Any] = json.loads(Path("tests/fixtures/evolution/wire.json").read_bytes())
CAPTURED: dict[str, Any] = WIRE["socketio_2_3_7"]
PHONE, LID, GROUP = "5511955554444@s.whatsapp.net", "99887766554433@lid", "120363041234567890@g.us"
INSTANCE = Instance.from_spec(InstanceSpec("loja-b", "T"), "2026-11-20T00:00:00.000Z")


def draft(**values: Any) -> Draft:
    return Draft(**{"key_id": "3EB0AAAA0001", "chat": PHONE, "sent_at": 1_795_216_200, "push_name": "Caio", **values})


def written(**values: Any) -> dict[str, Any]:
    return MessageWriter(Random(1)).data(INSTANCE, draft(**values))


def shape(value: Any) -> Any:
    """Names and types, in order; bytes of captures are `{"$bytes_b64": …}`."""
    if isinstance(value, dict):
        return "bytes" if set(value) == {"$bytes_b64"} else {name: shape(one) for name, one in value.items()}
    return type(value).__name__ if not isinstance(value, list) else "list"


@pytest.mark.parametrize(
    ("capture", "values"),
    [
        ("upsert_conversation", {"text": "Bom dia", "secret": False}),
        ("upsert_extended_text_quote", {"text": "Sim", "quote": Quote("3EB0", "É o 4471?", PHONE)}),
        ("upsert_image_caption", {"kind": "image", "text": "Olha"}),
        ("upsert_audio_ptt", {"kind": "audio", "seconds": 7}),
        ("upsert_reaction", {"kind": "reaction", "text": "❤️", "target": Target("3EB0", True)}),
        ("upsert_location", {"kind": "location", "text": "Praça da Sé"}),
        ("upsert_from_me_phone", {"from_me": True, "text": "Abrimos", "secret": False, "push_name": ""}),
        ("upsert_group_participant_pn", {"chat": GROUP, "participant": PHONE, "text": "Oi", "secret": False}),
        ("upsert_lid_rewritten_to_pn", {"lid": LID, "text": "Vi o anúncio", "secret": False}),
        ("send_message", {"from_me": True, "via_api": True, "text": "Saiu", "secret": False}),
    ],
)
def test_data_has_the_shape_of_the_capture(capture: str, values: dict[str, Any]) -> None:
    ours, real = shape(written(**values)), shape(CAPTURED[capture]["envelope"]["data"])
    assert ours == real
    assert list(ours["key"]) == list(real["key"])


def test_most_texts_carry_bytes() -> None:
    assert isinstance(written(text="oi")["message"]["messageContextInfo"]["messageSecret"], bytes)


def test_a_lid_chat_is_stored_under_its_lid_and_emitted_under_the_phone() -> None:
    one = draft(lid=LID)
    assert emitted_key(one)["remoteJid"] == PHONE
    assert stored_key(one) == {
        "id": "3EB0AAAA0001",
        "fromMe": False,
        "remoteJid": LID,
        "remoteJidAlt": PHONE,
        "addressingMode": "lid",
    }
    assert emitted_key(draft(chat=LID))["remoteJid"] == LID


def test_a_group_with_lids_names_both_addresses_of_the_author() -> None:
    key = emitted_key(draft(chat=GROUP, participant=LID, participant_alt=PHONE))
    assert (key["participant"], key["participantAlt"], key["addressingMode"]) == (LID, PHONE, "lid")


def test_the_record_shows_bytes_as_base64_and_gives_them_back() -> None:
    writer, one = MessageWriter(Random(1)), draft(kind="image", text="Olha")
    data = writer.data(INSTANCE, one)
    record = orjson.loads(writer.stored(one, data, None).record)
    assert record["message"]["imageMessage"]["mediaKey"] != data["message"]["imageMessage"]["mediaKey"]
    assert revive(record["message"]) == data["message"]
    real = WIRE["http_2_3_7"]["findMessages_response"]["messages"]["records"][0]
    assert {*record, "MessageUpdate"} == set(real)


def test_longs_are_two_words() -> None:
    assert long(1_795_216_200_123) == {"low": -80_129_605, "high": 417, "unsigned": False}
    assert long(48_213, unsigned=True) == {"low": 48_213, "high": 0, "unsigned": True}


@pytest.mark.parametrize("source", ["ios", "android", "web"])
def test_ids_look_like_their_device(source: Source) -> None:
    assert source_of(new_key_id(Random(2), source)) == source


@pytest.mark.parametrize("kind", ["text", "audio", "image", "sticker", "document", "location"])
def test_every_kind_can_be_stored(kind: Kind) -> None:
    writer, one = MessageWriter(Random(1)), draft(kind=kind, text="x")
    assert writer.stored(one, writer.data(INSTANCE, one), 1.5).emitted == 1.5
