"""Where a connection may point."""

import asyncio
import socket

import httpx
import pytest

from evosense.connections.addresses import AddressNotAllowed, checked_address, is_public, normal_server_url
from evosense.errors import ConfigurationError, InvalidInput, UpstreamTransient
from evosense.evolution.client import EvolutionClient
from evosense.settings import EvolutionSettings, load
from tests.loopback import LOOPBACK


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
        await checked_address(url, ())


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
    address = await checked_address("http://127.0.0.1:8080", LOOPBACK)
    assert (address.host, address.port) == ("127.0.0.1", 8080)


@pytest.mark.parametrize("url", ["http://10.1.2.3", "http://[fd00::1]", "http://169.254.169.254"])
async def test_one_network_that_is_allowed_opens_no_other(url: str) -> None:
    assert (await checked_address("http://[::ffff:127.0.0.1]", LOOPBACK)).host
    with pytest.raises(AddressNotAllowed):
        await checked_address(url, LOOPBACK)


def test_networks_are_listed_by_commas(monkeypatch) -> None:
    monkeypatch.setenv("EVO_ALLOWED_NETWORKS", " 127.0.0.0/8, ::1 ,10.1.0.0/16")
    assert [str(each) for each in load(EvolutionSettings).evo_allowed_networks] == [
        "127.0.0.0/8", "::1/128", "10.1.0.0/16",
    ]  # fmt: skip
    monkeypatch.setenv("EVO_ALLOWED_NETWORKS", "")
    assert load(EvolutionSettings).evo_allowed_networks == ()


@pytest.mark.parametrize("wrong", ["169.254.169.254", "0.0.0.0/0", "::/0", "fe80::/10", "evolution", "10.0.0.1/8"])
def test_link_local_addresses_and_what_is_no_network_are_refused(monkeypatch, wrong: str) -> None:
    monkeypatch.setenv("EVO_ALLOWED_NETWORKS", wrong)
    with pytest.raises(ConfigurationError, match="EVO_ALLOWED_NETWORKS"):
        load(EvolutionSettings)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.1", "http://0x7f.1", "http://0x7f000001", "http://2130706433", "http://0177.0.0.1", "http://0",
        "http://[::ffff:10.0.0.1]", "http://[::ffff:7f00:1]", "http://localhost.", "http://[::]",
    ],
)  # fmt: skip
async def test_odd_spellings_of_private_addresses_gain_nothing(url: str) -> None:
    with pytest.raises((AddressNotAllowed, UpstreamTransient)):
        await checked_address(normal_server_url(url), ())


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

    address = await checked_address("https://rebind.example", ())
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
        await checked_address("https://both.example", ())
