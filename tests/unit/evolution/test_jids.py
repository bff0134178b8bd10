"""Addresses: kinds, and the ninth digit."""

import pytest

from evosense.evolution.jids import JidKind, parse_jid


@pytest.mark.parametrize(
    ("raw", "address", "kind"),
    [
        ("5511977776666@s.whatsapp.net", "5511977776666@s.whatsapp.net", JidKind.PHONE),
        ("551177776666@s.whatsapp.net", "5511977776666@s.whatsapp.net", JidKind.PHONE),
        ("551133334444@s.whatsapp.net", "551133334444@s.whatsapp.net", JidKind.PHONE),
        ("5511977776666:12@s.whatsapp.net", "5511977776666@s.whatsapp.net", JidKind.PHONE),
        ("5511977776666@c.us", "5511977776666@s.whatsapp.net", JidKind.PHONE),
        ("5511988887777", "5511988887777@s.whatsapp.net", JidKind.PHONE),
        ("+5511988887777", "5511988887777@s.whatsapp.net", JidKind.PHONE),
        ("14155550123@s.whatsapp.net", "14155550123@s.whatsapp.net", JidKind.PHONE),
        ("99887766554433@lid", "99887766554433@lid", JidKind.LID),
        ("120363041234567890@g.us", "120363041234567890@g.us", JidKind.GROUP),
        ("status@broadcast", "status@broadcast", JidKind.STATUS),
        ("1234@broadcast", "1234@broadcast", JidKind.BROADCAST),
        ("1203@newsletter", "1203@newsletter", JidKind.NEWSLETTER),
        ("x@y", "x@y", JidKind.OTHER),
    ],
)
def test_canonical_addresses(raw: str, address: str, kind: JidKind) -> None:
    jid = parse_jid(raw)
    assert jid is not None
    assert (jid.address, jid.kind) == (address, kind)


@pytest.mark.parametrize("raw", ["", "abc", "@s.whatsapp.net", "cmwplein9000kis7dbac9eroi", "1" * 200])
def test_no_addresses(raw: str) -> None:
    assert parse_jid(raw) is None
