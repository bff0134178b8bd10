"""Letters by SMTP, with the standard library's client in a thread: a few mails a day need no more."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr

from evosense.log import get_logger
from evosense.mail.console import ConsoleMailer
from evosense.mail.models import Letter, Mailer, MailNotSent
from evosense.settings import MailSettings

_TIMEOUT_S = 20.0
_log = get_logger(__name__)


class SmtpMailer:
    """Sends letters through one server, a connection for each."""

    delivers = True

    def __init__(self, settings: MailSettings, *, tls: ssl.SSLContext | None = None) -> None:
        """`tls`: which certificates to trust; the system's by default."""
        self._settings = settings
        self._tls = tls

    async def send(self, letter: Letter) -> None:
        """Hand it to the server. Raises MailNotSent."""
        message = _message(letter, self._settings.mail_from)
        try:
            await asyncio.to_thread(self._send, message)
        except (OSError, smtplib.SMTPException) as error:
            # The server's words may quote the address.
            _log.error("mail_not_sent", error_class=type(error).__name__)
            raise MailNotSent from None

    def _send(self, message: EmailMessage) -> None:
        settings = self._settings
        context = self._tls or ssl.create_default_context()
        host, port = settings.smtp_host or "", settings.smtp_port
        if settings.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT_S, context=context)
        else:
            server = smtplib.SMTP(host, port, timeout=_TIMEOUT_S)
        with server:
            if settings.smtp_security == "starttls":
                server.starttls(context=context)
            if settings.smtp_user and settings.smtp_password:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            server.send_message(message)


def open_mailer(settings: MailSettings) -> Mailer:
    """The mailer that the settings ask for."""
    return SmtpMailer(settings) if settings.smtp_host else ConsoleMailer()


def _message(letter: Letter, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=parseaddr(sender)[1].rpartition("@")[2] or "localhost")
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies
    message.set_content(letter.text)
    return message
