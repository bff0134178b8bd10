"""E-mail addresses, also as people write them so that machines don't see them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from evosense.redaction.models import Finding, Kind

_USER: Final = r"(?<![\w.+\-])[\w.+\-][\w.+'&%\-]{0,63}"
_EMAIL = re.compile(
    _USER + r"(?:@|%40)(?:[A-Za-zÀ-ÿ0-9](?:[A-Za-zÀ-ÿ0-9\-]{0,62})\.)+([A-Za-z]{2,24})(?![A-Za-z0-9\-])"
)
_SPELLED_AT = re.compile(r"arroba|[(\[]\s?at\s?[)\]]", re.IGNORECASE)
_PROVIDER: Final = r"(?:gmail|hotmail|outlook|yahoo|icloud|live|uol|bol|terra|ig|msn)"
_DOT: Final = r"\s?(?:\.|\bponto\b)\s?"
# With spaces or a comma, a space for the dot, spaces on both sides, without its end.
_MISTYPED = re.compile(
    _USER
    + rf"(?:\s?@\s?{_PROVIDER}\s?[.,]\s?com(?:\s?[.,]\s?br)?\b"
    + rf"|@{_PROVIDER}\scom(?:\sbr)?\b"
    + r"|\s@\s(?:[A-Za-z0-9\-]{1,63}\.)+[A-Za-z]{2,24}(?![A-Za-z0-9\-])"
    + r"|@(?:gmail|hotmail|outlook|yahoo|icloud)(?![\w.\-]))",
    re.IGNORECASE,
)
_SPELLED = re.compile(
    _USER + rf"\s?(?:[(\[]\s?(?:arroba|at)\s?[)\]]|\barroba\b)\s?[A-Za-z0-9\-]{{1,63}}{_DOT}com(?:{_DOT}br)?\b",
    re.IGNORECASE,
)
# `logo@2x.png` is a picture's name.
_FILE: Final = re.compile(r"png|jpe?g|gif|webp|svg|pdf|docx?|xlsx?|csv|txt|zip|rar|mp[34]|ogg|opus", re.IGNORECASE)


def may_hold_email(text: str) -> bool:
    """Whether it is worth looking."""
    return "@" in text or "%40" in text or _SPELLED_AT.search(text) is not None


def find_emails(text: str) -> Iterator[Finding]:
    """Every e-mail address, also with spaces, with `arroba` and `ponto`, or without the end of a large provider's."""
    for match in _EMAIL.finditer(text):
        if not _FILE.fullmatch(match.group(1)):
            yield Finding(match.start(), match.end(), Kind.EMAIL)
    for pattern in (_MISTYPED, _SPELLED):
        for match in pattern.finditer(text):
            yield Finding(match.start(), match.end(), Kind.EMAIL)
