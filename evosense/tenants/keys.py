"""Envelope encryption: each tenant has keys of its own, wrapped by the master key.

Rotating the master re-wraps one row per tenant key and touches no data. Ciphertexts are bound to their place by
associated data (tenant, table, row id): pasted into another row they can't be opened.

Formats (all integers big-endian):
    wrapped key   nonce(12) || AES-256-GCM(master, key, aad = "tenant|purpose|version")
    ciphertext    version(2) || nonce(12) || AES-256-GCM(data key, text, aad = "tenant|table|row")
Source: NIST SP 800-38D (GCM), RFC 5869 (HKDF, deriving the master from SECRET_KEY), RFC 2104 (HMAC).
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from evosense.errors import ConfigurationError

_NONCE = 12
_MIN_SECRET = 32


def derive_key(secret_key: str, purpose: str) -> bytes:
    """32 bytes derived from SECRET_KEY for one purpose (HKDF-SHA256). Raises ConfigurationError when it is short."""
    if len(secret_key) < _MIN_SECRET:
        message = f"SECRET_KEY must have {_MIN_SECRET} characters or more; make one with: openssl rand -base64 48"
        raise ConfigurationError(message)
    return HKDF(hashes.SHA256(), 32, salt=None, info=f"evosense/{purpose}".encode()).derive(secret_key.encode())


@dataclass(frozen=True, slots=True)
class MasterKey:
    """Wraps and unwraps tenant keys; `previous` opens what an earlier SECRET_KEY wrapped."""

    current: bytes = field(repr=False)
    previous: bytes | None = field(default=None, repr=False)

    @classmethod
    def from_secret(cls, secret_key: str, previous: str | None = None) -> MasterKey:
        """Derive from SECRET_KEY (and SECRET_KEY_PREVIOUS)."""
        return cls(derive_key(secret_key, "master"), derive_key(previous, "master") if previous else None)

    def wrap(self, tenant_id: UUID, purpose: str, version: int, key: bytes) -> bytes:
        """`key` under the current master."""
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self.current).encrypt(nonce, key, _wrap_aad(tenant_id, purpose, version))

    def unwrap(self, tenant_id: UUID, purpose: str, version: int, wrapped: bytes) -> bytes:
        """The key inside `wrapped`. Raises ConfigurationError when neither master opens it."""
        aad = _wrap_aad(tenant_id, purpose, version)
        for master in filter(None, (self.current, self.previous)):
            try:
                return AESGCM(master).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], aad)
            except InvalidTag:
                continue
        message = "SECRET_KEY does not open this database's tenant keys; set the one it was filled with"
        raise ConfigurationError(message)


@dataclass(frozen=True, slots=True)
class TenantKeys:
    """One tenant's opened keys: data keys by version, and the identity keys for HMACs of addresses.

    `identity` is the newest identity key, for addresses that nobody has seen; `former` holds the earlier ones by
    version: who was first seen under one of them stays known under it.
    """

    tenant_id: UUID
    # Keys are in no repr: it ends up in error reports.
    data: dict[int, bytes] = field(repr=False)
    identity: bytes = field(repr=False)
    identity_version: int = 1
    former: Mapping[int, bytes] = field(default_factory=dict[int, bytes], repr=False)
    _place: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Write the tenant's id once: it is part of every ciphertext's place."""
        object.__setattr__(self, "_place", f"{self.tenant_id}|")

    @property
    def oldest_identity(self) -> bytes:
        """The first identity key that is still there: for marks that must be equal before and after a rotation."""
        return self.former[min(self.former)] if self.former else self.identity

    def identity_key(self, version: int) -> bytes:
        """An identity key by version. Raises KeyError when it is retired."""
        return self.identity if version == self.identity_version else self.former[version]

    def encrypt(self, table: str, row_id: UUID, plaintext: bytes) -> bytes:
        """`plaintext` under the newest data key, openable in this table and row only."""
        version = max(self.data)
        nonce = os.urandom(_NONCE)
        sealed = _cipher(self.data[version]).encrypt(nonce, plaintext, self._aad(table, row_id))
        return version.to_bytes(2, "big") + nonce + sealed

    def decrypt(self, table: str, row_id: UUID, ciphertext: bytes) -> bytes:
        """What `encrypt` was given. Raises ConfigurationError for a foreign or altered ciphertext."""
        version = int.from_bytes(ciphertext[:2], "big")
        try:
            key = self.data[version]
            nonce, sealed = ciphertext[2 : 2 + _NONCE], ciphertext[2 + _NONCE :]
            return _cipher(key).decrypt(nonce, sealed, self._aad(table, row_id))
        except (KeyError, InvalidTag) as error:
            message = f"a value of {table} can't be opened: it was moved, altered, or its key version is gone"
            raise ConfigurationError(message) from error

    def address_hmac(self, normalised_address: str, version: int | None = None) -> bytes:
        """32 bytes that stand for an address: reproducible within the tenant, meaningless outside."""
        key = self.identity if version is None else self.identity_key(version)
        return hmac.new(key, normalised_address.encode(), hashlib.sha256).digest()

    def address_hmacs(self, normalised_address: str) -> dict[int, bytes]:
        """The HMAC of an address under every version, oldest first: whoever looks somebody up tries them all."""
        versions = sorted([*self.former, self.identity_version])
        return {version: self.address_hmac(normalised_address, version) for version in versions}

    def _aad(self, table: str, row_id: UUID) -> bytes:
        return f"{self._place}{table}|{row_id}".encode()


@lru_cache(maxsize=4_096)
def _cipher(key: bytes) -> AESGCM:
    """The key with its schedule; kept, because every stored event needs it."""
    return AESGCM(key)


def _wrap_aad(tenant_id: UUID, purpose: str, version: int) -> bytes:
    return f"{tenant_id}|{purpose}|{version}".encode()
