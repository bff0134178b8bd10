"""Envelope encryption binds a value to its tenant, table and row."""

from uuid import UUID

import pytest

from evosense.db.ids import new_id
from evosense.errors import ConfigurationError
from evosense.tenants.keys import MasterKey, TenantKeys

SECRET = "x" * 32


def keys(tenant_id: UUID) -> TenantKeys:
    return TenantKeys(tenant_id, {1: bytes(32)}, bytes(range(32)))


def test_a_value_opens_in_its_own_row_only():
    tenant, row = new_id(), new_id()
    sealed = keys(tenant).encrypt("connection", row, b"token")
    assert keys(tenant).decrypt("connection", row, sealed) == b"token"
    for other in (keys(new_id()), keys(tenant)):
        wrong_row = row if other.tenant_id != tenant else new_id()
        with pytest.raises(ConfigurationError):
            other.decrypt("connection", wrong_row, sealed)


def test_old_versions_stay_readable_after_rotation():
    tenant, row = new_id(), new_id()
    sealed = keys(tenant).encrypt("t", row, b"old")
    rotated = TenantKeys(tenant, {1: bytes(32), 2: b"k" * 32}, bytes(32))
    assert rotated.decrypt("t", row, sealed) == b"old"
    assert rotated.encrypt("t", row, b"new")[:2] == b"\x00\x02"


def test_the_previous_master_still_opens():
    tenant = new_id()
    wrapped = MasterKey.from_secret(SECRET).wrap(tenant, "data", 1, b"k" * 32)
    assert MasterKey.from_secret("y" * 32, SECRET).unwrap(tenant, "data", 1, wrapped) == b"k" * 32
    with pytest.raises(ConfigurationError, match="SECRET_KEY"):
        MasterKey.from_secret("y" * 32).unwrap(tenant, "data", 1, wrapped)


def test_a_short_secret_is_refused():
    with pytest.raises(ConfigurationError, match="32"):
        MasterKey.from_secret("short")


def test_addresses_are_stable_within_a_tenant_and_meaningless_outside():
    tenant = new_id()
    other = TenantKeys(tenant, {1: bytes(32)}, b"z" * 32)
    assert keys(tenant).address_hmac("5511") == keys(tenant).address_hmac("5511")
    assert keys(tenant).address_hmac("5511") != other.address_hmac("5511")


def test_no_key_is_in_what_is_printed():
    """A repr ends up in error reports."""
    shown = repr(TenantKeys(new_id(), {1: b"D" * 32}, b"I" * 32, 2, {1: b"F" * 32})) + repr(MasterKey(b"M" * 32))
    assert [letter for letter in "DIFM" if letter * 8 in shown] == []
