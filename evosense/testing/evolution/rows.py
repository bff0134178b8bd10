"""Rows of Evolution's message table and what may be asked of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A row of messages; `record` is the JSON of findMessages without `MessageUpdate`.

    `chat` is the stored remoteJid (`…@lid` where the chat is addressed so) and `alt` its other address or "".
    `emitted` is epoch seconds, None for history.
    """

    key_id: str
    from_me: bool
    chat: str
    alt: str
    kind: str
    ts: int
    emitted: float | None
    record: bytes
    row: int = 0


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """What findMessages asks for; None means any. Times are epoch seconds, inclusive."""

    key_id: str | None = None
    from_me: bool | None = None
    chat: str | None = None
    participant: str | None = None
    kind: str | None = None
    since: int | None = None
    until: int | None = None

    def where(self, instance: str) -> tuple[str, list[object]]:
        """The condition and its values."""
        parts, values = ["instance = ?"], list[object]((instance,))
        for column, value in (("key_id =", self.key_id), ("kind =", self.kind)):
            if value is not None:
                parts.append(f"{column} ?")
                values.append(value)
        if self.from_me is not None:
            parts.append("from_me = ?")
            values.append(int(self.from_me))
        if self.chat is not None:
            parts.append("(chat = ? or alt = ?)")
            values += [self.chat, self.chat]
        if self.participant is not None:
            parts.append("json_extract(record, '$.key.participant') = ?")
            values.append(self.participant)
        if self.since is not None and self.until is not None:
            parts.append("ts between ? and ?")
            values += [self.since, self.until]
        return " and ".join(parts), values
