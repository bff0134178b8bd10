"""Mentions: WhatsApp writes who is addressed as `@` and a number, a phone's or a LID, and shows a name in its place.

A LID stands for one person in every chat as a phone number does (facts: Evolution's `…@lid`), so it gets the phone's
token. The sign stays, since it says that somebody is addressed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from evosense.redaction.models import Finding, Kind
from evosense.redaction.phones import is_phone

# Not in an address, and not the beginning of one.
_MENTION = re.compile(r"(?<![\w.+\-/@])@(?:([0-9]{14,16})|([1-9][0-9]{9,12}))(?![\w@])(?!\.\w)")


def find_mentions(text: str) -> Iterator[Finding]:
    """Every LID that is mentioned (14 to 16 digits), and every phone number, with its country's code and no plus."""
    for match in _MENTION.finditer(text):
        if match.group(1) or is_phone(f"+{match.group(2)}"):
            yield Finding(match.start() + 1, match.end(), Kind.PHONE)
