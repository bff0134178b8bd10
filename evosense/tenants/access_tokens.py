"""Access tokens: short-lived JWTs that say who calls, checked without a database.

HS256 with a key of 32 bytes derived from SECRET_KEY; `kid` names the key, so that tokens of SECRET_KEY_PREVIOUS are
good until they expire while keys are rotated. Source: RFC 7519, RFC 8725 (one algorithm, checked issuer and audience).
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import cast, get_args
from uuid import UUID

import jwt

from evosense.db.ids import new_id
from evosense.db.tenancy import Actor
from evosense.errors import NotAuthenticated
from evosense.tenants.keys import derive_key
from evosense.tenants.models import UserRole

LIFETIME_SECONDS = 600
_ALGORITHM = "HS256"
_ISSUER = "evosense"
_AUDIENCE = "evosense-api"
_PURPOSE = "access-token"
_REQUIRED = ["iss", "aud", "exp", "iat", "jti", "sub", "tenant", "role"]


@dataclass(frozen=True, slots=True)
class Access:
    """A checked access token: who, of which tenant, in which role, until when (Unix seconds)."""

    user_id: UUID
    tenant_id: UUID
    role: UserRole
    expires_at: float

    @property
    def actor(self) -> Actor:
        """The same as the database's transactions want it."""
        return Actor(self.tenant_id, self.user_id, self.role)


class AccessTokens:
    """Issues and checks access tokens."""

    def __init__(self, secret_key: str, previous: str | None = None) -> None:
        """`secret_key` signs; `previous`, the SECRET_KEY before it, only checks."""
        keys = [derive_key(secret, _PURPOSE) for secret in (secret_key, previous) if secret]
        self._keys = {_kid(key): key for key in keys}
        self._current = _kid(keys[0])

    def issue(self, *, user_id: UUID, tenant_id: UUID, role: UserRole, now: float | None = None) -> str:
        """A token that is good for ten minutes from `now` (Unix seconds; default: the clock)."""
        issued = int(time.time() if now is None else now)
        claims = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "iat": issued,
            "exp": issued + LIFETIME_SECONDS,
            "jti": str(new_id()),
            "sub": str(user_id),
            "tenant": str(tenant_id),
            "role": role,
        }
        return jwt.encode(claims, self._keys[self._current], _ALGORITHM, headers={"kid": self._current})

    def check(self, token: str) -> Access:
        """What `token` says. Raises NotAuthenticated when it is forged, expired, or not one of ours."""
        try:
            key = self._keys[str(jwt.get_unverified_header(token).get("kid"))]
            claims = jwt.decode(
                token, key, algorithms=[_ALGORITHM], issuer=_ISSUER, audience=_AUDIENCE, options={"require": _REQUIRED}
            )
            return _access(claims)
        except jwt.ExpiredSignatureError:
            message = "The access token has expired; get a new one from POST /api/auth/refresh"
            raise NotAuthenticated(message) from None
        except (jwt.InvalidTokenError, KeyError, ValueError):
            # The cause is dropped: it may quote the token.
            message = "The access token is not valid; log in again"
            raise NotAuthenticated(message) from None


def _access(claims: dict[str, object]) -> Access:
    role = str(claims["role"])
    if role not in get_args(UserRole):
        message = "unknown role"
        raise ValueError(message)
    return Access(
        user_id=UUID(str(claims["sub"])),
        tenant_id=UUID(str(claims["tenant"])),
        role=cast("UserRole", role),
        expires_at=float(cast("int", claims["exp"])),
    )


def _kid(key: bytes) -> str:
    return hashlib.sha256(b"kid|" + key).hexdigest()[:12]
