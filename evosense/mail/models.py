"""A letter, and what sends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from evosense.errors import UpstreamTransient


class MailNotSent(UpstreamTransient):
    """The mail server did not take the mail; try again later, or see SMTP_HOST."""

    code = "mail_not_sent"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to one person, as plain text."""

    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """Sends letters. `delivers` tells whether they reach the person, or only the screen of whoever runs this."""

    @property
    def delivers(self) -> bool:
        """Whether letters leave this machine."""
        ...

    async def send(self, letter: Letter) -> None:
        """Hand the letter over. Raises MailNotSent."""
        ...
