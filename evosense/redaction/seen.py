"""A text as a reader sees its numbers: digits of other scripts as 0 to 9, nothing invisible between them.

Contacts that are copied carry direction marks and soft hyphens, keycap emoji are digits with two characters behind
them, and whoever wants to get past a filter writes full-width digits. The detectors see none of it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

from evosense.redaction.models import Finding

# Soft hyphen, zero-width and direction marks, joiners, variation selectors, the keycap.
_HIDDEN: Final = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u20e3\ufe0e\ufe0f\ufeff"
# Arabic, Persian, Devanagari, full-width, mathematical. A set of places: `\d` takes three times as long to look for.
_FOREIGN: Final = "\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\uff10-\uff19\U0001d7ce-\U0001d7ff"
DIGIT: Final = re.compile(f"[0-9{_FOREIGN}]")
_FOREIGN_DIGIT: Final = re.compile(f"[{_FOREIGN}]")
_UNUSUAL: Final = re.compile(f"[{_FOREIGN}{_HIDDEN}]")
_BESIDE_DIGIT: Final = re.compile(rf"(?<=[0-9])[{_HIDDEN}]+|[{_HIDDEN}]+(?=[0-9])")


class Seen(NamedTuple):
    """What is seen, and for each of its characters the place in what was written; None where nothing differs."""

    text: str
    places: list[int] | None = None

    def written(self, finding: Finding) -> Finding:
        """A finding in what is seen, as places in what was written."""
        if self.places is None:
            return finding
        return Finding(self.places[finding.start], self.places[finding.end - 1] + 1, finding.kind)


def as_seen(text: str) -> Seen:
    """What a reader sees of `text`; the text itself but for a few in a thousand."""
    if _UNUSUAL.search(text) is None:
        return Seen(text)
    digits = _FOREIGN_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), text)  # one for one
    hidden = [match.span() for match in _BESIDE_DIGIT.finditer(digits)]
    if not hidden:
        return Seen(digits)
    gone = {place for start, end in hidden for place in range(start, end)}
    places = [place for place in range(len(digits)) if place not in gone]
    return Seen("".join(digits[place] for place in places), places)
