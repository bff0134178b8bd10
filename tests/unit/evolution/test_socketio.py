"""The codec against python-socketio as oracle, on every captured frame, and on broken ones."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from socketio.packet import Packet as OraclePacket

from evosense.evolution.engineio import ProtocolError, parse_handshake, socket_url
from evosense.evolution.recorded import frames_of
from evosense.evolution.socketio import (
    MAX_ATTACHED_BYTES,
    Assembler,
    PacketType,
    decode_event,
    encode_connect,
    encode_disconnect,
    load_json,
    parse_packet,
)
from evosense.testing.evolution.packing import encode_envelope, event_packet


def oracle(frames: list[str | bytes]) -> tuple[str, list[Any]]:
    first = frames[0]
    assert isinstance(first, str)
    packet = OraclePacket(encoded_packet=first[1:])
    for frame in frames[1:]:
        packet.add_attachment(frame)
    return packet.namespace or "/", packet.data


def ours(frames: list[str | bytes]) -> tuple[str, list[Any]]:
    assembler = Assembler()
    packets = [packet for frame in frames if (packet := assembler.feed(frame))]
    assert len(packets) == 1
    name, arguments = decode_event(packets[0])
    return packets[0].namespace, [name, *arguments]


def with_bytes(value: Any) -> Any:
    """The fixture's envelope with its base64 as bytes."""
    if isinstance(value, dict):
        if "$bytes_b64" in value:
            return base64.b64decode(value["$bytes_b64"])
        return {key: with_bytes(child) for key, child in value.items()}
    return [with_bytes(child) for child in value] if isinstance(value, list) else value


def test_every_captured_frame_decodes_as_python_socketio_does(example: dict[str, Any]) -> None:
    frames = list(frames_of(example["frames"]))
    assert ours(frames) == oracle(frames)


def test_every_captured_frame_decodes_to_its_recorded_envelope(example: dict[str, Any]) -> None:
    _, (name, envelope) = ours(list(frames_of(example["frames"])))
    assert name == example["event"]
    assert envelope == with_bytes(example["envelope"])


def test_older_versions_decode_as_python_socketio_does(wire: dict[str, Any]) -> None:
    for example in wire["older_versions"].values():
        envelope = with_bytes(example["envelope"])
        body, attachments = encode_envelope(envelope)
        packet = event_packet("/loja-b", envelope["event"], body, attachments)
        frames: list[str | bytes] = [packet.text.decode(), *packet.attachments]
        assert ours(frames) == oracle(frames) == ("/loja-b", [envelope["event"], envelope])


def test_control_packets(wire: dict[str, Any]) -> None:
    control = wire["engineio_control"]
    assert parse_handshake(control["open"]).silence_limit_s == 45
    joined = parse_packet(control["connect_ok"])
    assert (joined.type, joined.namespace) == (PacketType.CONNECT, "/loja-b")
    root = parse_packet(control["connect_root_ok"])
    assert (root.type, root.namespace) == (PacketType.CONNECT, "/")
    missing = parse_packet(control["namespace_not_yet_created"])
    assert (missing.type, missing.namespace) == (PacketType.CONNECT_ERROR, "/loja-b")
    assert load_json(missing.payload) == {"message": "Invalid namespace"}
    assert encode_connect("/loja-b") == control["client_connect_namespace"]
    assert encode_connect("/") == control["connect_root"]
    assert encode_disconnect("/loja-b") == control["client_leave_namespace"]


@pytest.mark.parametrize("namespace", ["/Loja Ação 1", "/a?b", "/x-1", "/é/ç"])
def test_odd_instance_names_survive(namespace: str) -> None:
    packet = parse_packet(f'42{namespace},["e",{{}}]')
    assert packet.namespace == namespace
    assert decode_event(packet) == ("e", [{}])


def test_a_comma_in_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="comma"):
        encode_connect("/a,b")


def test_ack_ids_are_passed_over() -> None:
    assert decode_event(parse_packet('42/a,17["e",1]')) == ("e", [1])
    assert decode_event(parse_packet('4217["e",1]')) == ("e", [1])


def test_lone_surrogates_of_a_cut_emoji_are_mended() -> None:
    name, arguments = decode_event(parse_packet('42["e",{"pushName":"Ana \\ud83d"}]'))
    assert name == "e"
    assert arguments[0]["pushName"].startswith("Ana ")
    arguments[0]["pushName"].encode()  # can be stored


@pytest.mark.parametrize(
    "frame",
    ["", "4", "49", "3probe", "42", "42[]", "42[1]", '42{"a":1}', '42["e"', "45[]", '421-["e"]', '4599999999-["e"]'],
)
def test_broken_packets_are_protocol_errors(frame: str) -> None:
    with pytest.raises(ProtocolError):
        decode_event(parse_packet(frame))


def test_a_placeholder_without_attachment_is_a_protocol_error() -> None:
    assembler = Assembler()
    assert assembler.feed('451-["e",{"b":{"_placeholder":true,"num":3}}]') is None
    packet = assembler.feed(b"x")
    assert packet is not None
    with pytest.raises(ProtocolError):
        decode_event(packet)


def test_an_interrupted_packet_costs_only_itself() -> None:
    assembler = Assembler()
    assert assembler.feed('452-["e",{"_placeholder":true,"num":0}]') is None
    assert assembler.feed(b"1") is None
    following = assembler.feed('42["next"]')
    assert following is not None
    assert decode_event(following) == ("next", [])
    assert assembler.cut_short == 1
    with pytest.raises(ProtocolError):
        assembler.feed(b"2")
    after = assembler.feed('42["after"]')
    assert after is not None
    assert decode_event(after) == ("after", [])


def test_attachments_never_fill_memory() -> None:
    assembler = Assembler()
    piece = bytes(16 * 2**20)
    assert assembler.feed('4599-["e",{"_placeholder":true,"num":0}]') is None
    for _ in range(MAX_ATTACHED_BYTES // len(piece)):
        assert assembler.feed(piece) is None
    with pytest.raises(ProtocolError):
        assembler.feed(piece)
    assert not assembler.is_waiting
    following = assembler.feed('42["next"]')
    assert following is not None
    assert decode_event(following) == ("next", [])


@given(st.lists(st.one_of(st.text(max_size=40), st.binary(max_size=8)), max_size=8))
def test_noise_raises_nothing_but_protocol_errors(frames: list[str | bytes]) -> None:
    assembler = Assembler()
    for frame in frames:
        try:
            packet = assembler.feed(f"4{frame}" if isinstance(frame, str) else frame)
            if packet is not None:
                decode_event(packet)
        except ProtocolError:
            continue


def test_nesting_has_no_end_but_the_reader_does() -> None:
    frame = "42" + "[" * 5000 + "]" * 5000
    with pytest.raises(ProtocolError):
        decode_event(parse_packet(frame))


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("http://h:1", "ws://h:1/socket.io/?EIO=4&transport=websocket"),
        ("https://h/evo/", "wss://h/evo/socket.io/?EIO=4&transport=websocket"),
    ],
)
def test_socket_url(base: str, expected: str) -> None:
    assert socket_url(base) == expected


@pytest.mark.parametrize("base", ["", "ftp://h", "h:1", "http://"])
def test_addresses_of_no_server_are_refused(base: str) -> None:
    with pytest.raises(ValueError, match="address"):
        socket_url(base)
