"""Identifiers: UUIDv7, made in Python, so that ids sort by time and need no round trip."""

from __future__ import annotations

from uuid import UUID

import uuid_utils.compat

# Rows that belong to every tenant (global prompts and models) carry this tenant id.
EVERYONE = UUID(int=0)


def new_id() -> UUID:
    """A fresh UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then random bits."""
    return uuid_utils.compat.uuid7()
