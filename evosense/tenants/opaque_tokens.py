"""Opaque tokens: their tenant's 16 bytes and 32 random ones, in base64url, with a prefix that tells their kind.

Only the SHA-256 is stored. The tenant inside lets a token be looked up in its tenant's transaction, so no query has to
look across tenants; whoever alters it finds nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from uuid import UUID

from evosense.errors import NotAuthenticated

_RANDOM_BYTES = 32
_UUID_BYTES = 16


def new_token(tenant_id: UUID, prefix: str = "") -> str:
    """A fresh token of the tenant: 64 characters after the prefix."""
    return prefix + base64.urlsafe_b64encode(tenant_id.bytes + secrets.token_bytes(_RANDOM_BYTES)).decode()


def tenant_of(token: str, prefix: str = "") -> UUID:
    """The tenant that `token` names. Raises NotAuthenticated when it is none of these tokens."""
    if not token.startswith(prefix):
        raise NotAuthenticated
    try:
        packed = base64.b64decode(token.removeprefix(prefix), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise NotAuthenticated from None
    if len(packed) != _UUID_BYTES + _RANDOM_BYTES:
        raise NotAuthenticated
    return UUID(bytes=packed[:_UUID_BYTES])


def digest(text: str) -> bytes:
    """What is stored of it."""
    return hashlib.sha256(text.encode()).digest()
