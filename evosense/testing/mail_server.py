"""A mail server for tests: speaks SMTP (RFC 5321) as far as our client uses it, and keeps what it is given."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Self


@dataclass
class MailServer:
    """An async context manager; `inbox` holds the mails in the order of their arrival.

    `refusing`: answer every mail with 451, as a full server does.
    """

    inbox: list[EmailMessage] = field(default_factory=list[EmailMessage])
    refusing: bool = False
    port: int = 0
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def mail_to(self, address: str, *, seconds: float = 10) -> EmailMessage:
        """The newest mail to an address, waiting for one. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while True:
                self._arrived.clear()
                for mail in reversed(self.inbox):
                    if mail["To"] == address:
                        return mail
                await self._arrived.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._converse(reader, writer)
        writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 stand-in ESMTP\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                body = await reader.readuntil(b"\r\n.\r\n")
                writer.write(self._keep(body[:-3]))
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                await writer.drain()
                return
            else:
                writer.write(b"250 ok\r\n")
            await writer.drain()

    def _keep(self, body: bytes) -> bytes:
        if self.refusing:
            return b"451 try again later\r\n"
        # RFC 5321 4.5.2: a line that begins with a dot came with two.
        text = body.replace(b"\r\n..", b"\r\n.")
        self.inbox.append(message_from_bytes(text, policy=policy.default))
        self._arrived.set()
        return b"250 kept\r\n"
