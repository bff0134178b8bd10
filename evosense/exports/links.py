"""Signed links: whoever has one may fetch one export for some minutes, without a token.

A link is `?expires=<unix seconds>&signature=<hex>`; the signature is HMAC-SHA256 over tenant, export and expiry under a
key derived from SECRET_KEY for this purpose only. The tenant is in the link too, so that the row is looked up under
row level security of that tenant.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from evosense.errors import NotPermitted
from evosense.tenants.keys import derive_key

LINK_LIVES: Final = timedelta(minutes=15)
_PURPOSE: Final = "export-link"


class LinkRefused(NotPermitted):
    """This link has expired or was altered; ask for the export again to get a new one."""

    code = "link_refused"


@dataclass(frozen=True, slots=True)
class ExportLinks:
    """Signs and checks links; `previous` is the key of a former SECRET_KEY."""

    current: bytes
    previous: bytes | None = None

    @classmethod
    def from_secret(cls, secret_key: str, previous: str | None = None) -> ExportLinks:
        """Derive from SECRET_KEY (and SECRET_KEY_PREVIOUS)."""
        return cls(derive_key(secret_key, _PURPOSE), derive_key(previous, _PURPOSE) if previous else None)

    def query(self, tenant_id: UUID, export_id: UUID, expires_at: datetime) -> str:
        """The link's query string."""
        expires = int(expires_at.timestamp())
        return f"tenant={tenant_id}&expires={expires}&signature={_sign(self.current, tenant_id, export_id, expires)}"

    def check(self, tenant_id: UUID, export_id: UUID, expires: int, signature: str, now: datetime) -> None:
        """Raise LinkRefused unless the signature is ours and its time is not over."""
        keys = [key for key in (self.current, self.previous) if key]
        given = signature.encode()
        is_ours = any(hmac.compare_digest(_sign(key, tenant_id, export_id, expires).encode(), given) for key in keys)
        if not is_ours or now.timestamp() > expires:
            raise LinkRefused


def _sign(key: bytes, tenant_id: UUID, export_id: UUID, expires: int) -> str:
    return hmac.new(key, f"{tenant_id}|{export_id}|{expires}".encode(), hashlib.sha256).hexdigest()
