"""The mailer of a fresh installation: letters are printed, so that links can be used before there is a mail server.

They go to standard output and never into the log, which must hold neither addresses nor links.
"""

from __future__ import annotations

import sys
from typing import TextIO

from evosense.mail.models import Letter


class ConsoleMailer:
    """Prints letters."""

    delivers = False

    def __init__(self, out: TextIO | None = None) -> None:
        """`out`: where to; standard output by default."""
        self._out = out

    async def send(self, letter: Letter) -> None:
        """Print it."""
        rule = "-" * 72
        text = f"{rule}\nMail to {letter.to}\nSubject: {letter.subject}\n\n{letter.text}\n{rule}"
        print(text, file=self._out or sys.stdout, flush=True)
