"""The server's own packing agrees with python-socketio's packets and with the captured control frames."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from socketio.packet import Packet as OraclePacket

from evosense.testing.evolution import packing

WIRE: dict[str, Any] = json.loads(Path("tests/fixtures/evolution/wire.json").read_bytes())
CONTROL: dict[str, Any] = WIRE["engineio_control"]


def oracle_reads(packet: packing.Packet) -> OraclePacket:
    oracle = OraclePacket(encoded_packet=packet.text.decode()[1:])
    for attachment in packet.attachments:
        oracle.add_attachment(attachment)
    return oracle


@pytest.mark.parametrize("namespace", ["/", "/loja-b", "/Loja Ação 1"])
def test_events_with_and_without_bytes_are_read_by_the_oracle(namespace: str) -> None:
    for data in ({"a": 1, "texto": "Olá 👋"}, {"a": b"\x00\x01", "b": [{"c": b"xyz"}, "d"], "e": b""}):
        body, attachments = packing.encode_envelope(data)
        oracle = oracle_reads(packing.event_packet(namespace, "messages.upsert", body, attachments))
        assert (oracle.namespace or "/") == namespace
        assert oracle.data == ["messages.upsert", data]


def test_control_frames_are_those_of_the_capture() -> None:
    sid = json.loads(CONTROL["open"][1:])["sid"]
    opened = packing.open_packet(sid, ping_interval_s=25, ping_timeout_s=20, max_payload=1_000_000)
    assert opened.text.decode() == CONTROL["open"]
    connected = packing.connected_packet("/loja-b", json.loads(CONTROL["connect_ok"].partition(",")[2])["sid"])
    assert connected.text.decode() == CONTROL["connect_ok"]
    root = packing.connected_packet("/", json.loads(CONTROL["connect_root_ok"][2:])["sid"])
    assert root.text.decode() == CONTROL["connect_root_ok"]
    refused = packing.refused_packet("/loja-b", "Invalid namespace")
    assert refused.text.decode() == CONTROL["namespace_not_yet_created"]


@pytest.mark.parametrize(
    ("text", "kind", "namespace"),
    [
        ("0/loja-b,", "0", "/loja-b"),
        ("0", "0", "/"),
        ('0/loja-b,{"token":"x"}', "0", "/loja-b"),
        ("1/loja-b,", "1", "/loja-b"),
        ('2["sendNode",{}]', "2", "/"),
        ('52-/a,["x"]', "5", "/a"),
    ],
)
def test_client_packets_are_read(text: str, kind: str, namespace: str) -> None:
    packet = packing.read_client_packet(text)
    assert (packet.kind, packet.namespace) == (kind, namespace)


@pytest.mark.parametrize("text", ["", "9", "x", "0/a,b,", "5x-[]", "0[1]", "0/a,nope"])
def test_what_the_real_parser_rejects_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match=r"packet|payload|attachments"):
        packing.read_client_packet(text)


@pytest.mark.parametrize(("size", "head"), [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)])
def test_frame_heads_follow_the_length(size: int, head: int) -> None:
    assert len(packing.text_frame(b"x" * size)) == size + head
