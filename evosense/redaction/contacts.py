"""E-mail addresses and phone numbers.

Phones are searched by shape and confirmed by the phonenumbers library (a port of Google's libphonenumber); its own
matcher takes 0.5 ms per text, twenty times as long. Numbers without area code are taken only when written like a
mobile phone or named as one, and bare digits are not a phone where the text calls them an order or a protocol.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import phonenumbers

from evosense.redaction.models import Finding, Kind

_EMAIL = re.compile(
    r"(?<![\w.+\-])[\w.+\-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,62})\.)+[A-Za-z]{2,24}(?![A-Za-z0-9\-])"
)
_SPACED_EMAIL = re.compile(
    r"(?<![\w.+\-])[\w.+\-]{1,64}\s?@\s?(?:gmail|hotmail|outlook|yahoo|icloud|live|uol|bol|terra)\s?\.\s?com(?:\s?\.\s?br)?\b",
    re.IGNORECASE,
)
_SEP: Final = r"[\s.\-–]{0,2}"
_NO_DIGIT_BEFORE: Final = r"(?<![0-9A-Za-z])(?<![0-9][.,/\-])"
_NO_DIGIT_AFTER: Final = r"(?![0-9A-Za-z])(?![.,/\-][0-9])"
_BRAZILIAN = re.compile(
    _NO_DIGIT_BEFORE
    + rf"(?:(?:(?:\+|00)\s?)?55{_SEP})?(?:\(\s?0?[1-9][0-9]\s?\)|0?[1-9][0-9]){_SEP}"
    + rf"(?:9{_SEP}[0-9]{{4}}|[2-9][0-9]{{3}}){_SEP}[0-9]{{4}}"
    + _NO_DIGIT_AFTER
)
_FOREIGN = re.compile(rf"(?<![0-9A-Za-z+])\+\s?[1-9](?:[\s.\-()]{{0,2}}[0-9]){{7,14}}{_NO_DIGIT_AFTER}")
_LOCAL_MOBILE = re.compile(_NO_DIGIT_BEFORE + r"9[\s.]?[0-9]{4}[\-–][0-9]{4}" + _NO_DIGIT_AFTER)
_LOCAL_NAMED = re.compile(_NO_DIGIT_BEFORE + r"(?:9[\s.]?)?[2-9][0-9]{3}[\s.\-–]?[0-9]{4}" + _NO_DIGIT_AFTER)
_PHONE_WORDS = re.compile(
    r"(?:\b(?:tel(?:efones?)?|fones?|cel(?:ular)?|celulares|whats(?:app)?|wpp|zap(?:zap)?|wa\.me|lig(?:a|ar|ue|o|uei|aram|ou)"
    r"|contatos?|n[uú]meros?|chama[r]?|recado|pix)\b[^0-9\n]{0,24})$",
    re.IGNORECASE,
)
_OTHER_NUMBER = re.compile(
    r"(?:\b(?:protocolos?|pedidos?|nota(?: fiscal)?|nf-?e?|boleto|rastre\w*|c[oó]d(?:igo)?s?|os|chamados?|tickets?|"
    r"s[eé]rie|matr[ií]cula|contratos?|cnh|rg|pis|t[ií]tulo|inscri[cç][aã]o|ie|sku|ean|lote|imei|nsu|comanda|senha|"
    r"ordem|reserva|processo|fatura|cliente|conta|ag[eê]ncia|refer[eê]ncia|ref|id|serial|barras|chassi|renavam)\b"
    r"[^0-9\n]{0,16})$|#\s?$|R\$\s?$",
    re.IGNORECASE,
)
_BEFORE: Final = 48
_BARE = re.compile(r"[0-9]+")


def find_emails(text: str) -> Iterator[Finding]:
    """Every e-mail address, also with a space around the @ of the large providers."""
    for pattern in (_EMAIL, _SPACED_EMAIL):
        for match in pattern.finditer(text):
            yield Finding(match.start(), match.end(), Kind.EMAIL)


def find_phones(text: str) -> Iterator[Finding]:
    """Every phone number: Brazilian with area code, foreign with plus, local ones where the text says so."""
    for pattern in (_BRAZILIAN, _FOREIGN):
        for match in pattern.finditer(text):
            found = match.group()
            if _is_phone(found) and not (_BARE.fullmatch(found) and is_named_otherwise(text, match.start())):
                yield Finding(match.start(), match.end(), Kind.PHONE)
    for match in _LOCAL_MOBILE.finditer(text):
        yield Finding(match.start(), match.end(), Kind.PHONE)
    for match in _LOCAL_NAMED.finditer(text):
        if is_named_phone(text, match.start()):
            yield Finding(match.start(), match.end(), Kind.PHONE)


def is_named_phone(text: str, position: int) -> bool:
    """Whether the words just before `position` announce a phone number."""
    return _PHONE_WORDS.search(text, max(0, position - _BEFORE), position) is not None


def is_named_otherwise(text: str, position: int) -> bool:
    """Whether the words just before `position` announce an order, a protocol or a price."""
    return _OTHER_NUMBER.search(text, max(0, position - _BEFORE), position) is not None


@lru_cache(maxsize=8_192)
def _is_phone(value: str) -> bool:
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
        return "".join(_BARE.findall(value))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
