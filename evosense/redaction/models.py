"""What is found, and what comes out."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """Kinds of personal data that are replaced."""

    CPF = "CPF"
    CNPJ = "CNPJ"
    EMAIL = "EMAIL"
    PHONE = "PHONE"
    CARD = "CARD"
    PIX = "PIX"


class Finding(msgspec.Struct, frozen=True, order=True):
    """One place: characters `start` to `end` (exclusive) of the original text. Never holds the value."""

    start: int
    end: int
    kind: Kind


class Redacted(msgspec.Struct, frozen=True):
    """A text with tokens in place of personal data, and what was found in the original."""

    text: str
    findings: tuple[Finding, ...] = ()
