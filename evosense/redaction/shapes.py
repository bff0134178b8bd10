"""What numbers may have around and between them, shared by all detectors."""

from __future__ import annotations

import re
from typing import Final

# The hyphen and what keyboards and editors put in its place.
DASHES: Final = "\\-\u2010\u2011\u2012\u2013\u2014\u2212"
# A number is taken whole: not out of a word (unless its name is glued to it), a longer number or a decimal.
_GLUED: Final = "".join(f"|(?<=(?i:{word}))" for word in ("cpf", "cnpj", "tel", "fone", "cel", "zap", "pix"))
BEFORE: Final = rf"(?:(?<![0-9A-Za-z]){_GLUED})(?<![0-9][.{DASHES}])"
AFTER: Final = rf"(?![0-9A-Za-z])(?![.{DASHES}][0-9])(?!,[0-9]{{1,2}}(?![0-9]))(?!/[0-9]{{1,3}}(?![0-9 ]))"
NOT_ALNUM: Final = re.compile(r"[^0-9A-Za-z]")
DIGITS: Final = re.compile(r"[0-9]+")


def is_bare(value: str) -> bool:
    """Whether it is written as digits alone."""
    return DIGITS.fullmatch(value) is not None
