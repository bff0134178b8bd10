"""A plain client on `websockets`, and servers to point it at."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from evosense.testing.evolution import Draft, EvolutionStandIn, InstanceSpec, StandInConfig

KEY = "test-global-key"
CAPTURES = Path("tests/fixtures/evolution/wire.json")


class PlainClient:
    """Reads frames as they come; `events` waits for whole Socket.IO events."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def frame(self) -> str | bytes:
        """The next frame that is not a ping."""
        while True:
            frame = await asyncio.wait_for(self.socket.recv(), 10)
            if frame != "2":
                return frame
            await self.socket.send("3")

    async def join(self, namespace: str) -> str:
        """Ask for a namespace and return the answer."""
        await self.socket.send(f"40{namespace},")
        return str(await self.frame())

    async def packet(self) -> tuple[str, list[bytes]]:
        """A text frame with its attachments."""
        text = str(await self.frame())
        count = int(text[2 : text.index("-")]) if text.startswith("45") else 0
        return text, [bytes(await self.frame()) for _ in range(count)]  # pyright: ignore[reportArgumentType]

    async def event(self) -> tuple[str, dict[str, Any]]:
        """The name and the envelope of the next event; bytes stay placeholders."""
        text, _ = await self.packet()
        name, envelope = json.loads(text[text.index("[") :])
        return name, envelope

    async def messages(self, count: int, *names: str) -> list[dict[str, Any]]:
        """The `data` of the next `count` events with these names."""
        found: list[dict[str, Any]] = []
        while len(found) < count:
            name, envelope = await self.event()
            if name in (names or ("messages.upsert",)):
                found.append(envelope["data"])
        return found

    async def until_closed(self) -> list[str | bytes]:
        """Everything that still comes until the link ends."""
        frames: list[str | bytes] = []
        try:
            while True:
                frames.append(await asyncio.wait_for(self.socket.recv(), 10))
        except ConnectionClosed:
            return frames

    async def quiet(self) -> bool:
        """Whether nothing comes for a moment."""
        try:
            await asyncio.wait_for(self.socket.recv(), 0.15)
        except TimeoutError:
            return True
        return False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.socket.close()


@asynccontextmanager
async def plain_client(server: EvolutionStandIn | str, key: str = KEY) -> AsyncIterator[PlainClient]:
    """A link whose handshake was read."""
    url = server if isinstance(server, str) else server.url
    address = f"{url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
    async with connect(address, additional_headers={"apikey": key}, max_size=None, compression=None) as socket:
        client = PlainClient(socket)
        assert str(await client.frame()).startswith("0{")
        yield client


def small_config(**values: Any) -> StandInConfig:
    instances = (InstanceSpec("loja", "token-loja", "loja_roupas"), InstanceSpec("clinica", "token-clinica"))
    return StandInConfig(**{"global_key": KEY, "instances": instances, **values})


@pytest.fixture
async def server() -> AsyncGenerator[EvolutionStandIn]:
    """A server with two instances, no history and no traffic of its own."""
    async with EvolutionStandIn(small_config()) as running:
        yield running


@pytest.fixture
async def http(server: EvolutionStandIn) -> AsyncGenerator[httpx.AsyncClient]:
    """A client with the global key."""
    async with httpx.AsyncClient(base_url=server.url, headers={"apikey": KEY}) as client:
        yield client


@pytest.fixture
def text() -> Callable[..., Draft]:
    """Makes a text message; ids count up."""
    numbers = iter(range(1, 10_000))

    def make(words: str = "oi", **values: Any) -> Draft:
        number = next(numbers)
        base = {
            "key_id": f"3EB0{number:018d}",
            "chat": "5511977776666@s.whatsapp.net",
            "sent_at": 1_795_216_200 + number,
        }
        return Draft(**{**base, "push_name": "Marcos", "text": words, **values})

    return make
