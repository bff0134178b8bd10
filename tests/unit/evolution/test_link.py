"""The link on real sockets: refusals, lazy namespaces, pings, large histories, silence, back-pressure."""

import asyncio
import json
import socket

import pytest
from websockets.asyncio.server import ServerConnection

from evosense.evolution.link import Joined, Left, LinkClosed, connect
from evosense.evolution.read_ahead import Allowance
from evosense.evolution.refusals import EvolutionRefused, EvolutionUnavailable
from evosense.evolution.socketio import Packet, decode_event
from tests.unit.evolution.server import expect, serving


async def joins_root(connection: ServerConnection) -> None:
    await expect(connection, "40")
    await connection.send('40{"sid":"r"}')


async def test_a_wrong_key_is_refused_with_the_servers_reason() -> None:
    async with serving(joins_root) as address:
        with pytest.raises(EvolutionRefused, match="Invalid global token") as refused:
            async with await connect(address, "WRONG"):
                pass
    assert refused.value.reason == "http_400"


async def test_a_server_that_is_away_is_no_refusal() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(EvolutionUnavailable):
            async with await connect(f"http://127.0.0.1:{taken.getsockname()[1]}", "KEY"):
                pass


async def test_a_namespace_that_does_not_exist_yet_is_asked_for_again_on_the_open_link() -> None:
    async def script(connection: ServerConnection) -> None:
        await joins_root(connection)
        for _ in range(2):
            await expect(connection, "40/loja-b,")
            await connection.send('44/loja-b,{"message":"Invalid namespace"}')
        await expect(connection, "40/loja-b,")
        await connection.send('40/loja-b,{"sid":"n"}')
        await connection.send('42/loja-b,["e",{"a":1}]')
        await connection.send("41/loja-b,")
        await expect(connection, "40/loja-b,")
        await connection.send('40/loja-b,{"sid":"n"}')

    async with serving(script) as address, await connect(address, "KEY") as link:
        link.join("/loja-b")
        heard = [await link.receive() for _ in range(6)]
    invalid = Left("/loja-b", "Invalid namespace")
    assert heard[:3] == [invalid, invalid, Joined("/loja-b")]
    assert isinstance(heard[3], Packet)
    assert heard[4:] == [Left("/loja-b", "disconnected"), Joined("/loja-b")]


async def test_pings_are_answered_while_receiving() -> None:
    async def script(connection: ServerConnection) -> None:
        await joins_root(connection)
        for _ in range(3):
            await connection.send("2")
            await expect(connection, "3")
        await connection.send('42["done"]')

    async with serving(script) as address, await connect(address, "KEY") as link:
        packet = await link.receive()
    assert isinstance(packet, Packet)
    assert decode_event(packet) == ("done", [])


async def test_a_silent_server_ends_the_link() -> None:
    async with serving(joins_root, ping_ms=100, timeout_ms=100) as address, await connect(address, "KEY") as link:
        with pytest.raises(LinkClosed):
            await link.receive()


async def test_keep_alive_restarts_both_clocks() -> None:
    pongs = asyncio.Event()

    async def script(connection: ServerConnection) -> None:
        await joins_root(connection)
        await expect(connection, "3")
        pongs.set()

    async with serving(script) as address, await connect(address, "KEY") as link:
        await link.keep_alive()
        async with asyncio.timeout(5):
            await pongs.wait()


async def test_a_history_of_3000_messages_with_its_attachments_is_taken_whole() -> None:
    message = {"key": {"id": "X"}, "message": {"s": {"_placeholder": True, "num": 0}}, "pad": "x" * 1500}
    items = [{**message, "message": {"s": {"_placeholder": True, "num": number}}} for number in range(3000)]
    frame = "453000-/loja-b," + json.dumps(["messages.set", {"data": items}])
    assert len(frame) > 4_500_000

    async def script(connection: ServerConnection) -> None:
        await joins_root(connection)
        await connection.send(frame)
        for number in range(3000):
            await connection.send(number.to_bytes(32, "big"))

    async with serving(script) as address, await connect(address, "KEY") as link:
        packet = await link.receive()
    assert isinstance(packet, Packet)
    _, (envelope,) = decode_event(packet)
    assert [int.from_bytes(item["message"]["s"], "big") for item in envelope["data"]] == list(range(3000))


async def test_broken_packets_cost_nothing_else() -> None:
    async def script(connection: ServerConnection) -> None:
        await joins_root(connection)
        for frame in ("4x", b"orphan", "45[]", "6", '42["good"]'):
            await connection.send(frame)

    async with serving(script) as address, await connect(address, "KEY") as link:
        packet = await link.receive()
        assert isinstance(packet, Packet)
        assert decode_event(packet) == ("good", [])
        assert link.protocol_errors == 3


async def test_a_reader_that_stops_slows_the_server_down() -> None:
    sent = 0

    async def script(connection: ServerConnection) -> None:
        nonlocal sent
        await joins_root(connection)
        while True:
            await connection.send('42["e","' + "x" * 100_000 + '"]')
            sent += 1

    async with serving(script) as address, await connect(address, "KEY") as link:
        await link.receive()
        previous = -1
        while sent != previous:  # until the server can send no more
            previous = sent
            await asyncio.sleep(0.2)
        assert sent < 500
        for _ in range(sent):
            await link.receive()


async def test_a_frame_that_is_never_finished_holds_others_up_until_its_server_counts_as_silent() -> None:
    async def half(connection: ServerConnection) -> None:
        await joins_root(connection)
        size = 2 * 2**20
        connection.transport.write(b"\x81\x7f" + size.to_bytes(8, "big") + b"4" * (size // 2))

    async def whole(connection: ServerConnection) -> None:
        await joins_root(connection)
        await connection.send('42["small"]')
        await connection.send('42["large","' + "x" * 2 * 2**20 + '"]')
        await expect(connection, "3")  # unasked: its reader stands still and lives
        await connection.send('42["after"]')

    allowance = Allowance(most_bytes=2**20)
    async with (
        serving(half, ping_ms=1_000, timeout_ms=1_000) as stuck,
        serving(whole, ping_ms=300, timeout_ms=300) as sound,
        await connect(stuck, "KEY", allowance=allowance) as never,
        await connect(sound, "KEY", allowance=allowance) as link,
    ):
        waiting = asyncio.create_task(never.receive())
        async with asyncio.timeout(5):
            while allowance.bytes < 2**20:  # noqa: ASYNC110 - the link tells nobody how far it has read
                await asyncio.sleep(0.01)
        heard = [await link.receive() for _ in range(2)]
        assert waiting.done()
        with pytest.raises(LinkClosed):
            await waiting
        heard.append(await link.receive())
    assert [decode_event(packet)[0] for packet in heard if isinstance(packet, Packet)] == ["small", "large", "after"]
    assert allowance.bytes == 0


async def test_links_that_flood_take_turns() -> None:
    async def flood(connection: ServerConnection) -> None:
        await joins_root(connection)
        for number in range(5):
            await connection.send(f'42["{number}","' + "x" * 3 * 2**20 + '"]')

    order: list[int] = []

    async def read(number: int, address: str, allowance: Allowance) -> None:
        async with await connect(address, "KEY", allowance=allowance) as link:
            for _ in range(5):
                await link.receive()
                order.append(number)
                await asyncio.sleep(0.02)

    async with serving(flood) as address:
        allowance = Allowance(most_bytes=2**20)
        await asyncio.gather(*(read(number, address, allowance) for number in range(4)))
    assert sorted(order) == sorted(list(range(4)) * 5)
    assert set(order[:8]) == set(range(4))


async def test_no_socketio_behind_the_address_is_said_so() -> None:
    async def script(connection: ServerConnection) -> None:
        await connection.wait_closed()

    from websockets.asyncio.server import serve

    async def handler(connection: ServerConnection) -> None:
        await connection.send("hello")
        await script(connection)

    async with serve(handler, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        with pytest.raises(EvolutionRefused) as refused:
            async with await connect(f"http://127.0.0.1:{port}", "KEY"):
                pass
    assert refused.value.reason == "not_socketio"
