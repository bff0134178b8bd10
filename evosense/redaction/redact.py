"""Texts in, texts with typed tokens out.

A token is kind and a short HMAC of the value within the chat, e.g. `<CPF:a3f9>`: the same value has the same token
in one conversation, whatever the order of arrival, and another one in every other conversation. Nothing is stored
to make it so. Values are normalised first, so `529.982.247-25` and `52998224725` are one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from bisect import bisect_right
from collections.abc import Iterable
from typing import Final

from evosense.redaction.documents import find_cards, find_cnpj, find_cpf
from evosense.redaction.emails import find_emails, may_hold_email
from evosense.redaction.labels import Label, label_of
from evosense.redaction.mentions import find_mentions
from evosense.redaction.models import Finding, Kind, Redacted
from evosense.redaction.phones import find_phones, phone_value
from evosense.redaction.pix import find_pix_codes, find_pix_keys
from evosense.redaction.seen import DIGIT, Seen, as_seen
from evosense.redaction.shapes import DASHES, NOT_ALNUM, is_bare

VERSION: Final = 5  # stored with every text; grows when detectors change what they find
_TOKEN_HEX: Final = 4
_NOTHING: Final[tuple[Seen, tuple[Finding, ...]]] = (Seen(""), ())
# Eight digits with little between them: below that, nothing but a CNPJ with letters can be a number of ours.
_MANY_DIGITS = re.compile(rf"(?:[0-9][\s().,+/{DASHES}]{{0,3}}){{8}}")
# Payment slips (47 or 48 digits) and invoices' access keys (44) are full of parts that look like other numbers.
_SLIPS = re.compile(
    r"(?<![0-9])(?:"
    r"[0-9]{5}\.?[0-9]{5}[\s.]?[0-9]{5}\.?[0-9]{6}[\s.]?[0-9]{5}\.?[0-9]{6}[\s.]?[0-9][\s.]?[0-9]{14}"
    r"|(?:[0-9]{11}[\s\-]?[0-9][\s.]?){4}|(?:[0-9]{4}\s?){11})(?![0-9])"
)


def redact(text: str, key: bytes, chat: bytes) -> Redacted:
    """`text` with tokens in place of personal data.

    Args:
        text: what a person wrote.
        key: the tenant's secret for HMACs.
        chat: what stands for the conversation; tokens are stable within it and unrelated across.
    """
    seen, found = _find(text)
    if not found:
        return Redacted(text)
    parts: list[str] = []
    position = 0
    findings = tuple(map(seen.written, found))
    for there, finding in zip(found, findings, strict=True):
        value = seen.text[there.start : there.end]
        parts += [text[position : finding.start], _token(finding.kind, value, key, chat)]
        position = finding.end
    parts.append(text[position:])
    return Redacted("".join(parts), findings)


def mask(text: str) -> str:
    """`text` with bare kinds (`<CPF>`) in place of personal data: for logs, where nothing must be linkable."""
    findings = find(text)
    for finding in reversed(findings):
        text = f"{text[: finding.start]}<{finding.kind.value}>{text[finding.end :]}"
    return text


def find(text: str) -> tuple[Finding, ...]:
    """Where personal data is, in order, without overlaps; the surer kind wins where two match."""
    seen, found = _find(text)
    return tuple(map(seen.written, found))


def _find(written: str) -> tuple[Seen, tuple[Finding, ...]]:
    """The text as it is seen, and what is found in that."""
    has_digit = DIGIT.search(written) is not None
    has_email = may_hold_email(written)
    if not has_digit and not has_email:
        return _NOTHING
    seen = as_seen(written) if has_digit else Seen(written)
    text, found = seen.text, _Found()
    if has_digit and "000201" in text:
        found.take(find_pix_codes(text))
    if has_email:
        found.take(find_emails(text))
    if has_digit:
        _find_numbers(text, found)
    return seen, tuple(sorted(found.findings))


def _find_numbers(text: str, found: _Found) -> None:
    found.take(find_pix_keys(text))
    if not _MANY_DIGITS.search(text):
        found.take(find_cnpj(text))
        return
    if "@" in text:
        found.take(find_mentions(text))
    found.block((match.start(), match.end()) for match in _SLIPS.finditer(text))
    found.take(finding for finding in find_cpf(text) if not _is_rather_a_phone(text, finding))
    found.take(find_cnpj(text))
    found.take(find_cards(text))
    found.take(find_phones(text))


def _is_rather_a_phone(text: str, finding: Finding) -> bool:
    """One bare mobile number in a hundred passes for a CPF; then the words before it decide."""
    if not is_bare(text[finding.start : finding.end]):
        return False
    if label_of(text, finding.start, finding.end) is not Label.PHONE:
        return False
    return any(phone.start <= finding.start < phone.end for phone in find_phones(text))


class _Found:
    """Findings so far, and places that nothing may touch any more."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        # Disjoint and sorted: a message of 65,536 characters may hold thousands.
        self._starts: list[int] = []
        self._ends: list[int] = []

    def block(self, places: Iterable[tuple[int, int]]) -> None:
        """Keep every later finding out of `places`."""
        for start, end in places:
            self._occupy(start, end)

    def take(self, findings: Iterable[Finding]) -> None:
        """Add the findings that overlap nothing taken before."""
        self.findings.extend(finding for finding in findings if self._occupy(finding.start, finding.end))

    def _occupy(self, start: int, end: int) -> bool:
        """Take a place unless a part of it is taken."""
        place = bisect_right(self._starts, start)
        if place and self._ends[place - 1] > start:
            return False
        if place < len(self._starts) and self._starts[place] < end:
            return False
        self._starts.insert(place, start)
        self._ends.insert(place, end)
        return True


def _token(kind: Kind, value: str, key: bytes, chat: bytes) -> str:
    plain = phone_value(value) if kind is Kind.PHONE else NOT_ALNUM.sub("", value).lower()
    if kind is Kind.EMAIL or kind is Kind.PIX:
        plain = "".join(value.split()).lower()
    message = b"\x1f".join((b"token", chat, kind.value.encode(), plain.encode()))
    return f"<{kind.value}:{hmac.new(key, message, hashlib.sha256).hexdigest()[:_TOKEN_HEX]}>"
