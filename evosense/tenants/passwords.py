"""Passwords: argon2id with the library's parameters (memory 64 MiB, 3 passes, 4 lanes; RFC 9106).

Blocking on purpose (about 50 ms): call it in a thread.
"""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    return _hasher().hash("a password that nobody has")


def hash_password(password: str) -> str:
    """The argon2id string to store (97 characters)."""
    return _hasher().hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether `password` is right. Takes as long for an unknown person (None), so timing tells nothing."""
    try:
        _hasher().verify(password_hash or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def needs_rehash(password_hash: str) -> bool:
    """Whether the stored hash was made with weaker parameters than today's."""
    return _hasher().check_needs_rehash(password_hash)
