"""Where a connection may point."""

import pytest

from evosense.connections.addresses import AddressNotAllowed, checked_address, is_public, normal_server_url
from evosense.errors import InvalidInput


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
