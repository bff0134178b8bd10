"""CPF, CNPJ (numeric and alphanumeric) and payment cards: shape first, then the check digits.

Sources: Receita Federal's check digits as validate-docbr implements them (alphanumeric CNPJ: character code minus
48, same weights, digits stay numeric); Luhn as python-stdnum implements it; ranges of card issuers: ISO/IEC 7812.
Separators are removed before validating, because the validators refuse unusual ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from stdnum import luhn
from validate_docbr import CNPJ, CPF

from evosense.redaction.labels import Label, label_of
from evosense.redaction.models import Finding, Kind
from evosense.redaction.shapes import AFTER, BEFORE, DASHES, NOT_ALNUM, is_bare

_SEP: Final = rf"[.\s/{DASHES}]{{0,3}}"
_CPF_SEP: Final = rf"[.,\s/{DASHES}]{{0,3}}"
_CPF = re.compile(
    BEFORE
    + rf"(?:[0-9]{{9}}|[0-9]{{3}}{_CPF_SEP}(?<![0-9])[0-9]{{3}}{_CPF_SEP}(?<![0-9])[0-9]{{3}})"
    + rf"{_CPF_SEP}[0-9]{{2}}"
    + AFTER
)
# Each digit by itself, as filters are got past; the row holds eleven of them, no more.
_SPELLED_CPF = re.compile(
    rf"{BEFORE}(?<![0-9][\s.,{DASHES}])(?:[0-9][\s.,/{DASHES}]{{1,3}}){{10}}[0-9]{AFTER}(?![\s.,{DASHES}]{{1,3}}[0-9](?![0-9]))"
)
_CNPJ = re.compile(
    BEFORE
    + r"[0-9A-Za-z]{2}[.\s]{0,2}[0-9A-Za-z]{3}[.\s]{0,2}[0-9A-Za-z]{3}"
    + rf"{_SEP}[0-9A-Za-z]{{4}}[.\s{DASHES}]{{0,3}}[0-9]{{2}}"
    + AFTER
)
_CARD = re.compile(
    BEFORE
    + rf"(?:[0-9]{{13,19}}|[0-9]{{4}}(?:[ \u00a0.{DASHES}]{{1,2}}[0-9]{{4}}){{3}}(?:[ .{DASHES}][0-9]{{3}})?"
    + rf"|[0-9]{{4}}([ .{DASHES}])[0-9]{{6}}\1[0-9]{{4,5}})"
    # Its month and code may follow at once: `…1111/12/28`.
    + rf"(?![0-9A-Za-z])(?![.{DASHES}][0-9])"
)
_SPACE = re.compile(r"\s")  # with letters it may be a word and a number: `OS 966680889118`
_cpf: Final = CPF()
_cnpj: Final = CNPJ()

# Which lengths each issuer's prefix allows; without this, every tenth long number would pass for a card.
_ISSUERS: Final = (
    (re.compile(r"4"), (13, 16, 19)),
    (re.compile(r"5[0-9]|2(?:2[2-9]|[3-6][0-9]|7[01])"), (16,)),
    (re.compile(r"3[47]"), (15,)),
    (re.compile(r"3(?:0[0-5]|[689])"), (14, 16, 19)),
    (re.compile(r"35(?:2[89]|[3-8])"), (16,)),
    (re.compile(r"6"), (16, 19)),
)


# Moments written as one number, e.g. 30112026143520 or 20261130143520.
_MOMENT = re.compile(
    r"(?:(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])(?:19|20)[0-9]{2}|(?:19|20)[0-9]{2}[01][0-9][0-3])"
)


def find_cpf(text: str) -> Iterator[Finding]:
    """Every valid CPF, with any usual separators; none that is bare or spelled and called an order or a protocol."""
    for match in _CPF.finditer(text):
        value = match.group()
        if not _cpf.validate(NOT_ALNUM.sub("", value)):
            continue
        if not (is_bare(value) and label_of(text, match.start(), match.end()) is Label.SERIAL):
            yield Finding(match.start(), match.end(), Kind.CPF)
    for match in _SPELLED_CPF.finditer(text):
        is_valid = _cpf.validate(NOT_ALNUM.sub("", match.group()))
        if is_valid and label_of(text, match.start(), match.end()) in (None, Label.DOCUMENT, Label.PIX):
            yield Finding(match.start(), match.end(), Kind.CPF)


def find_cnpj(text: str) -> Iterator[Finding]:
    """Every valid CNPJ. A bare run of letters needs at least four digits, so that no word is taken for one."""
    for match in _CNPJ.finditer(text):
        value = NOT_ALNUM.sub("", match.group()).upper()
        if sum(map(str.isdecimal, value)) < 4 or len(set(value)) == 1 or not _cnpj.validate(value):
            continue
        is_written_as_one = value != match.group().upper() and (value.isdecimal() or not _SPACE.search(match.group()))
        if is_written_as_one or _is_bare_cnpj(text, match.start(), match.end(), value):
            yield Finding(match.start(), match.end(), Kind.CNPJ)


def _is_bare_cnpj(text: str, start: int, end: int, value: str) -> bool:
    label = label_of(text, start, end)
    if label is Label.DOCUMENT:
        return True
    return label is not Label.SERIAL and not _MOMENT.match(value) and not _SPACE.search(text, start, end)


def find_cards(text: str) -> Iterator[Finding]:
    """Every number of 13 to 19 digits with an issuer's prefix and length that passes Luhn and has no other name."""
    for match in _CARD.finditer(text):
        digits = NOT_ALNUM.sub("", match.group())
        if _has_issuer(digits) and luhn.is_valid(digits) and _may_be_card(text, match.start(), match.end(), digits):
            yield Finding(match.start(), match.end(), Kind.CARD)


def _may_be_card(text: str, start: int, end: int, digits: str) -> bool:
    label = label_of(text, start, end)
    if label is Label.CARD:
        return True
    if label is Label.SERIAL or len(digits) == 13 or _MOMENT.match(digits):
        return False  # 13 digits: articles in shops; cards of that length are long gone
    return label is not Label.NUMBER or not is_bare(text[start:end])


def _has_issuer(digits: str) -> bool:
    return any(prefix.match(digits) and len(digits) in lengths for prefix, lengths in _ISSUERS)
