"""Phone numbers.

They are searched by shape and confirmed by the phonenumbers library (a port of Google's libphonenumber); its own
matcher takes 0.5 ms per text, twenty times as long. Numbers without area code are taken only when written like a
mobile phone or named as one, and bare digits are no phone where the text calls them an order or a protocol.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import phonenumbers

from evosense.redaction.labels import Label, is_in_foreign_link, label_before, label_of
from evosense.redaction.models import Finding, Kind
from evosense.redaction.shapes import AFTER, BEFORE, DASHES, DIGITS, is_bare

_SEP: Final = rf"[\s.{DASHES}]{{0,3}}"
_AREA: Final = r"(?:\(\s?0?(?:xx)?\s?[1-9][0-9]\s?\)|(?:0\s?xx\s?|0)?[1-9][0-9])"
_BRAZILIAN = re.compile(
    BEFORE
    + rf"(?:(?:(?:\(\s?)?(?:\+|00)\s?)?55\s?\)?{_SEP})?{_AREA}{_SEP}"
    + rf"(?:9{_SEP}[0-9]{{4}}|[2-9][0-9]{{3}}){_SEP}[0-9]{{4}}"
    + AFTER,
    re.IGNORECASE,
)
_PLUS: Final = rf"(?:[\s.()\-]{{0,2}}[0-9]){{7,14}}{AFTER}"
_FOREIGN = re.compile(r"(?<![0-9A-Za-z+])\+\s?(?!55)[1-9]" + _PLUS)
_LOOSE_PLUS = re.compile(r"(?<![0-9A-Za-z+])\+\s?5" + _PLUS)
_LOCAL_MOBILE = re.compile(BEFORE + rf"9[\s.]?[0-9]{{4}}[{DASHES}][0-9]{{4}}" + AFTER)
_LOCAL_NAMED = re.compile(BEFORE + rf"(?:9[\s.]?)?[2-9][0-9]{{3}}[\s.{DASHES}]?[0-9]{{4}}" + AFTER)
_LOOSE_AREA = re.compile(BEFORE + rf"\(0?[1-9][0-9]\)(?:[\s.{DASHES}]{{0,2}}[0-9]){{8,9}}" + AFTER)
_LOOSE_NAMED = re.compile(BEFORE + rf"\(?[0-9](?:[\s.(){DASHES}]{{0,2}}[0-9]){{9,12}}" + AFTER)
_SPACED_ONLY = re.compile(r"[0-9 ]+")
_YEARS = re.compile(rf"(?:19|20)[0-9]{{2}}[\s{DASHES}]{{1,3}}(?:19|20)[0-9]{{2}}$")
_DAY_BEFORE = re.compile(r"(?<![0-9])[0-9]{1,2}/$")
_NAMED: Final = frozenset((Label.PHONE, Label.PIX))


def find_phones(text: str) -> Iterator[Finding]:
    """Every phone number: with plus, Brazilian with area code, and others where the text says that they are."""
    for pattern in (_FOREIGN, _BRAZILIAN, _LOOSE_AREA, _LOOSE_PLUS):
        for match in pattern.finditer(text):
            if _is_phone_here(text, match.start(), match.end()):
                yield Finding(match.start(), match.end(), Kind.PHONE)
    yield from _local_phones(text)


def _local_phones(text: str) -> Iterator[Finding]:
    for match in _LOCAL_MOBILE.finditer(text):
        if label_of(text, match.start(), match.end()) in (None, *_NAMED):
            yield Finding(match.start(), match.end(), Kind.PHONE)
    for pattern in (_LOCAL_NAMED, _LOOSE_NAMED):
        for match in pattern.finditer(text):
            if _is_named_phone(match.group(), label_of(text, match.start(), match.end())):
                yield Finding(match.start(), match.end(), Kind.PHONE)


def _is_named_phone(value: str, label: Label | None) -> bool:
    digits = "".join(DIGITS.findall(value))
    if label not in _NAMED or _YEARS.search(value):
        return False
    if len(digits) > 9:
        return is_phone(value)
    return label is Label.PHONE or len(digits) == 9  # `pix de 3000 5000` is money


def _is_phone_here(text: str, start: int, end: int) -> bool:
    value = text[start:end]
    if not (is_phone(value) or _is_old_mobile(value, text, start)):
        return False
    if is_bare(value):
        return label_of(text, start, end) in (None, *_NAMED) and not is_in_foreign_link(text, start)
    is_dated = _DAY_BEFORE.search(text, max(0, start - 3), start) is not None  # `21/11 3456-…`: the month is no area
    return not (is_dated or _YEARS.search(value) or _is_a_row_of_numbers(text, start, end))


def _is_a_row_of_numbers(text: str, start: int, end: int) -> bool:
    """Groups with nothing but spaces between them and more such groups beside them: scores, sizes, prices."""
    if not _SPACED_ONLY.fullmatch(text, start, end) or label_before(text, start) in _NAMED:
        return False
    beside = text[max(0, start - 2) : start] + "|" + text[end : end + 2]
    return re.search(r"[0-9] \||\| [0-9]", beside) is not None


def _is_old_mobile(value: str, text: str, start: int) -> bool:
    """A mobile number as it was before the ninth digit; only where it can't be anything else."""
    digits = "".join(DIGITS.findall(value)).removeprefix("00").removeprefix("55").removeprefix("0")
    if len(digits) != 10 or digits[2] not in "6789":
        return False
    is_sure = value[0] == "+" or "(" in value or label_before(text, start) in _NAMED
    return is_sure and is_phone(f"{digits[:2]}9{digits[2:]}")


@lru_cache(maxsize=8_192)
def is_phone(value: str) -> bool:
    """Whether a number exists as a phone's, in Brazil unless it begins with plus."""
    try:
        number = phonenumbers.parse(value, "BR")
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(number)


def phone_value(value: str) -> str:
    """The number in E.164 where that can be told, else its digits: two spellings are one value."""
    try:
        number = phonenumbers.parse(value, "BR")
    except phonenumbers.NumberParseException:
        return "".join(DIGITS.findall(value))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
