"""What counts as an e-mail address of a person who logs in."""

from __future__ import annotations

import re
from typing import Final

from evosense.errors import InvalidInput

# One @, something before it, a dotted name after it, nothing that could break a mail's header.
EMAIL: Final = r"^\s*[^@\s<>,;:\"]+@[^@\s<>,;:\"]+\.[^@\s<>,;:\"]+\s*$"
LONGEST_EMAIL: Final = 254


def check_email(email: str) -> None:
    """Raises InvalidInput for what no invitation could reach."""
    if len(email) > LONGEST_EMAIL or not re.match(EMAIL, email):
        message = "the e-mail must look like ana@aurora.example"
        raise InvalidInput(message)
