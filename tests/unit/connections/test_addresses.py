"""Where a connection may point."""

import asyncio
import socket

import httpx
import pytest

from evosense.connections.addresses import AddressNotAllowed, checked_address, is_public, normal_server_url
from evosense.errors import InvalidInput, UpstreamTransient
from evosense.evolution.client import EvolutionClient


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("HTTPS://Evo.Example.com/", "https://evo.example.com"),
        (" http://h:8080/evo/?x=1#y ", "http://h:8080/evo"),
        ("http://[::1]:80", "http://[::1]:80"),
    ],
)
def test_one_form(given: str, normal: str) -> None:
    assert normal_server_url(given) == normal


@pytest.mark.parametrize(
    "given",
    [
        "",
        "ftp://h",
        "h:80",
        "http://u:p@h",
        "http://h:port",
        "http://[::1",
        "http://[fe80::1%25eth0]",
        "http://a..b",
        "http://a b",
        "http://évo.example",
        "http://-a",
        "http://" + "a" * 64,
        "http://a%00b",
        "http://a\x7fb",
    ],
)
def test_refused_forms(given: str) -> None:
    with pytest.raises(InvalidInput):
        normal_server_url(given)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1", "http://localhost:80", "http://10.1.2.3", "http://169.254.169.254", "http://[::1]"]
)
async def test_private_addresses_need_to_be_allowed(url: str) -> None:
    with pytest.raises(AddressNotAllowed):
        await checked_address(url, allow_private=False)


@pytest.mark.parametrize(
    "address",
    [
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::1",
        "224.0.0.1",
        "ff02::1",
        "100.64.0.1",
        "169.254.169.254",
        "fe80::1%eth0",
        "0.0.0.0",
        "fd00::1",
    ],
)
def test_not_public_in_whatever_form(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_public(address: str) -> None:
    assert is_public(address)


async def test_the_checked_address_is_the_one_to_use() -> None:
    address = await checked_address("http://127.0.0.1:8080", allow_private=True)
    assert (address.host, address.port) == ("127.0.0.1", 8080)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.1", "http://0x7f.1", "http://0x7f000001", "http://2130706433", "http://0177.0.0.1", "http://0",
        "http://[::ffff:10.0.0.1]", "http://[::ffff:7f00:1]", "http://localhost.", "http://[::]",
    ],
)  # fmt: skip
async def test_odd_spellings_of_private_addresses_gain_nothing(url: str) -> None:
    with pytest.raises((AddressNotAllowed, UpstreamTransient)):
        await checked_address(normal_server_url(url), allow_private=False)


async def test_a_name_that_answers_differently_the_second_time_gains_nothing(monkeypatch) -> None:
    """DNS rebinding: public when it is checked, private afterwards. It is looked up once, and that answer is used."""
    answers = ["93.184.216.34", "127.0.0.1", "127.0.0.1"]
    asked: list[str] = []

    async def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers.pop(0), port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"version": "2.3.7"})

    address = await checked_address("https://rebind.example", allow_private=False)
    transport = httpx.MockTransport(answer)
    async with EvolutionClient(
        "https://rebind.example", "key", pinned_host=address.host, transport=transport
    ) as client:
        await client.version()
        await client.version()
    assert asked == ["rebind.example"]
    assert {request.url.host for request in seen} == {"93.184.216.34"}
    assert {request.headers["host"] for request in seen} == {"rebind.example"}
    # TLS is spoken with the name, so that the certificate is checked against it.
    assert {request.extensions["sni_hostname"] for request in seen} == {"rebind.example"}


async def test_one_private_address_among_public_ones_is_enough(monkeypatch) -> None:
    async def resolve(_host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in ("93.184.216.34", "10.0.0.1")]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    with pytest.raises(AddressNotAllowed):
        await checked_address("https://both.example", allow_private=False)
