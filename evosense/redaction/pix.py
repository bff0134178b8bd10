"""PIX: random keys (EVP, a UUID) and "copia e cola" payloads (BR Code, EMV QR of the Central Bank of Brazil)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evosense.redaction.labels import Label, label_of
from evosense.redaction.models import Finding, Kind

_KEY = re.compile(
    r"(?<![0-9A-Za-z\-])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9A-Za-z\-])", re.IGNORECASE
)
_BARE_KEY = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{32}(?![0-9A-Za-z])", re.IGNORECASE)
# From the format indicator to the checksum (tag 63); a payload cut short ends at the next white space.
_CODE = re.compile(
    r"000201(?:(?!000201)[^\n]){10,600}?6304[0-9A-F]{4}(?![0-9A-F])|000201\S{0,300}br\.gov\.bcb\.pix\S*", re.IGNORECASE
)


def find_pix_keys(text: str) -> Iterator[Finding]:
    """Every random key, without hyphens where it is called one; an order's or a protocol's id is none."""
    for match in _KEY.finditer(text):
        if label_of(text, match.start(), match.end()) not in (Label.SERIAL, Label.NUMBER):
            yield Finding(match.start(), match.end(), Kind.PIX)
    for match in _BARE_KEY.finditer(text):
        if label_of(text, match.start(), match.end()) is Label.PIX:
            yield Finding(match.start(), match.end(), Kind.PIX)


def find_pix_codes(text: str) -> Iterator[Finding]:
    """Every copia-e-cola payload, whole: it holds key, name, city and amount."""
    for match in _CODE.finditer(text):
        if "br.gov.bcb.pix" in match.group().lower():
            yield Finding(match.start(), match.end(), Kind.PIX)
