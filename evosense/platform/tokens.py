"""Tokens of the platform's people: another key, another audience, no tenant; good for an hour while they run it.

Derived from SECRET_KEY under a purpose of its own, so a company's token can never pass for one of these, or the other
way round. `SECRET_KEY_PREVIOUS` only checks. Source: RFC 8725 §3.9 (mutually exclusive validation rules).
"""

from __future__ import annotations

import time
from typing import Final
from uuid import UUID

import jwt

from evosense.db.ids import new_id
from evosense.errors import NotAuthenticated
from evosense.tenants.keys import derive_key

LIFETIME_SECONDS: Final = 3_600
_ALGORITHM: Final = "HS256"
_ISSUER: Final = "evosense"
_AUDIENCE: Final = "evosense-platform"
_ROLE: Final = "platform_admin"
_REQUIRED: Final = ["iss", "aud", "exp", "iat", "jti", "sub", "role"]


class PlatformTokens:
    """Issues and checks them."""

    def __init__(self, secret_key: str, previous: str | None = None) -> None:
        """`secret_key` signs; `previous`, the SECRET_KEY before it, only checks."""
        self._keys = [derive_key(secret, "platform-token") for secret in (secret_key, previous) if secret]

    def issue(self, admin_id: UUID, *, now: float | None = None) -> str:
        """A token that is good for an hour from `now` (Unix seconds; default: the clock)."""
        issued = int(time.time() if now is None else now)
        claims = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "iat": issued,
            "exp": issued + LIFETIME_SECONDS,
            "jti": str(new_id()),
            "sub": str(admin_id),
            "role": _ROLE,
        }
        return jwt.encode(claims, self._keys[0], _ALGORITHM)

    def check(self, token: str) -> UUID:
        """Whose token it is. Raises NotAuthenticated when it is forged, expired, or not one of these."""
        for key in self._keys:
            try:
                claims = jwt.decode(
                    token,
                    key,
                    algorithms=[_ALGORITHM],
                    issuer=_ISSUER,
                    audience=_AUDIENCE,
                    options={"require": _REQUIRED},
                )
                if claims["role"] == _ROLE:
                    return UUID(str(claims["sub"]))
            except (jwt.InvalidTokenError, ValueError):
                continue
        message = "Log in at POST /api/platform/login first; a company's token is good for its own routes only"
        raise NotAuthenticated(message)
