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

from evosense.redaction.models import Finding, Kind

_START: Final = r"(?<![0-9A-Za-z])(?<![0-9][.,/\-])"
_END: Final = r"(?![0-9A-Za-z])(?![.,/\-][0-9])"
_CPF = re.compile(_START + r"[0-9]{3}[.\s\-]?[0-9]{3}[.\s\-]?[0-9]{3}[.\s\-/–]?[0-9]{2}" + _END)
_CNPJ = re.compile(
    _START + r"[0-9A-Za-z]{2}[.\s]?[0-9A-Za-z]{3}[.\s]?[0-9A-Za-z]{3}[/\s\-]?[0-9A-Za-z]{4}[\-\s–]?[0-9]{2}" + _END
)
_CARD = re.compile(
    r"(?<![0-9A-Za-z])(?<![0-9][.,/\-])"
    r"(?:[0-9]{13,19}|[0-9]{4}([ .\-])[0-9]{4}\1[0-9]{4}\1[0-9]{1,4}(?:\1[0-9]{3})?"
    r"|[0-9]{4}([ .\-])[0-9]{6}\2[0-9]{4,5})" + _END
)
_NOT_ALNUM = re.compile(r"[^0-9A-Za-z]")
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


def find_cpf(text: str) -> Iterator[Finding]:
    """Every valid CPF, with any usual separators or none."""
    for match in _CPF.finditer(text):
        if _cpf.validate(_NOT_ALNUM.sub("", match.group())):
            yield Finding(match.start(), match.end(), Kind.CPF)


def find_cnpj(text: str) -> Iterator[Finding]:
    """Every valid CNPJ. A bare run of letters needs at least four digits, so that no word is taken for one."""
    for match in _CNPJ.finditer(text):
        value = _NOT_ALNUM.sub("", match.group()).upper()
        if sum(map(str.isdecimal, value)) >= 4 and len(set(value)) > 1 and _cnpj.validate(value):
            yield Finding(match.start(), match.end(), Kind.CNPJ)


def find_cards(text: str) -> Iterator[Finding]:
    """Every number of 13 to 19 digits with an issuer's prefix and length that passes Luhn."""
    for match in _CARD.finditer(text):
        digits = _NOT_ALNUM.sub("", match.group())
        if _has_issuer(digits) and luhn.is_valid(digits):
            yield Finding(match.start(), match.end(), Kind.CARD)


def _has_issuer(digits: str) -> bool:
    return any(prefix.match(digits) and len(digits) in lengths for prefix, lengths in _ISSUERS)
