"""The certificate of an erasure: canonical JSON (RFC 8785) named by its SHA-256, each continuing the one before it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import rfc8785

_SCHEME = "e1:"


class Certificate(NamedTuple):
    """The bytes and the hash that names them."""

    content: bytes
    hash: str


def certify(
    *,
    tenant_id: UUID,
    request_id: UUID,
    requested_at: datetime,
    erased_at: datetime,
    hmacs: Iterable[bytes],
    counts: Mapping[str, int],
    previous: str | None,
) -> Certificate:
    """Certify an erasure. The person is named by a hash over their HMACs, which only the tenant's keys make.

    Args:
        tenant_id: The company.
        request_id: The request that was fulfilled.
        requested_at: When the person asked.
        erased_at: When the last row was gone.
        hmacs: What stands for the person's addresses, under all key versions.
        counts: Deleted rows by table.
        previous: Hash of the company's certificate before this one.
    """
    document: dict[str, Any] = {
        "kind": "evosense.erasure",
        "tenant_id": str(tenant_id),
        "request_id": str(request_id),
        "requested_at": requested_at.isoformat(timespec="seconds"),
        "erased_at": erased_at.isoformat(timespec="seconds"),
        "person": hashlib.sha256(b"".join(sorted(hmacs))).hexdigest(),
        "rows": {table: rows for table, rows in sorted(counts.items()) if rows},
        "previous": previous,
    }
    content = rfc8785.dumps(document)
    return Certificate(content, name_of(content))


def name_of(content: bytes) -> str:
    """The hash that names a certificate."""
    return _SCHEME + hashlib.sha256(content).hexdigest()
