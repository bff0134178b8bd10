"""Stored texts under the redaction rules of today, after the rules have grown.

Each text knows under which version of the rules it was redacted (`app.message_body.redaction_version`), so a run that
is interrupted goes on where it stopped, and one that has nothing to do changes nothing. Where the original is kept, it
is redacted anew as if it had come today; else what is stored is, with the tokens that are in it. Edits follow with
their messages. What changed gets a new vector and marks its day; search follows by itself. Scores stay: a scorer's
question is a message, its revision and what was before it, and none of these has changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection

from evosense.ai.shards import shard_of
from evosense.db.arrays import arrays
from evosense.db.database import AsyncPool
from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.errors import ConfigurationError
from evosense.messages.batch import Place
from evosense.messages.store_changes import settle_bodies
from evosense.messages.tasks import HISTORY_LANE, DirtyRow, TaskRow
from evosense.redaction import VERSION, redact
from evosense.tenants.keyring import Keyring
from evosense.tenants.keys import TenantKeys
from evosense.tenants.repository import list_tenants

_QUERIES = load("evosense.messages", "redact_again.sql")
_INBOX = load("evosense.messages")
_PAGE: Final = 500
_NIL: Final = UUID(int=0)


class _Former(NamedTuple):
    """A row of query `lock_former`."""

    id: UUID
    connection_id: UUID
    external_id: str
    chat_identity_id: UUID
    local_day: date
    text: str
    original_enc: bytes | None
    is_edited: bool
    is_deleted: bool
    jid_hmac: bytes
    key_version: int
    store_raw_text: bool
    embeddings: bool


class _Said(NamedTuple):
    """What a row of a table says now."""

    tenant_id: UUID
    id: UUID
    text: str | None
    original_enc: bytes | None


@dataclass(frozen=True, slots=True)
class _Rules:
    """How the texts of one message are redacted."""

    keys: TenantKeys
    message: _Former

    def said(self, table: str, row_id: UUID, text: str, original_enc: bytes | None) -> _Said:
        """A text of the message under the rules of today, with its original where that is kept."""
        message, keys = self.message, self.keys
        original = self._opened(table, row_id, original_enc)
        source = text if original is None else original
        redacted = redact(source, keys.identity_key(message.key_version), message.jid_hmac)
        if redacted.text == original:
            original_enc = None
        elif redacted.findings and original_enc is None and message.store_raw_text:
            original_enc = keys.encrypt(table, row_id, source.encode())
        return _Said(keys.tenant_id, row_id, redacted.text, original_enc)

    def _opened(self, table: str, row_id: UUID, original_enc: bytes | None) -> str | None:
        if original_enc is None:
            return None
        try:
            return self.keys.decrypt(table, row_id, bytes(original_enc)).decode()
        except ConfigurationError:  # its key is gone: what is stored is redacted, and it stays as it is
            return None


async def redact_again(pool: AsyncPool, keyring: Keyring, tenant_id: UUID | None = None) -> Counter[str]:
    """Redact what is stored under former rules, of one company or of all; `pool` is in the pipeline's role.

    Commits every 500 messages. May be run at any time, beside listeners.

    Returns:
        `looked_at` and `changed` messages.

    Raises:
        ConfigurationError: SECRET_KEY does not open a company's keys.
    """
    done: Counter[str] = Counter(looked_at=0, changed=0)
    async with pool.connection() as connection:
        companies = [one.tenant_id for one in await list_tenants(connection)] if tenant_id is None else [tenant_id]
    for company in companies:
        after: UUID | None = _NIL
        while after is not None:
            async with pool.connection() as connection, connection.transaction():
                after = await _page(connection, await keyring.keys(connection, company), after, done)
    return done


async def _page(connection: AsyncConnection[Any], keys: TenantKeys, after: UUID, done: Counter[str]) -> UUID | None:
    """One page of a company's messages; answers the last one's id, None when there was none."""
    values = {"tenant_id": keys.tenant_id, "after_id": after, "version": VERSION, "page": _PAGE}
    found = await (await connection.execute(_QUERIES["lock_former"], values)).fetchall()
    messages = [_Former(*row) for row in found]
    if not messages:
        return None
    changed = await _texts(connection, keys, messages) | await _edits(connection, keys, messages)
    await _follow(connection, keys.tenant_id, [message for message in messages if message.id in changed])
    done.update(looked_at=len(messages), changed=len(changed))
    return messages[-1].id


async def _texts(connection: AsyncConnection[Any], keys: TenantKeys, messages: Sequence[_Former]) -> set[UUID]:
    """Texts as they came first; those of edited messages are their edits'. Answers whose text is another one now."""
    said = [
        _Said(keys.tenant_id, one.id, one.text, one.original_enc)
        if one.is_edited
        else _Rules(keys, one).said("message_body", one.id, one.text, one.original_enc)
        for one in messages
    ]
    await connection.execute(_QUERIES["store_texts"], {**arrays(_Said, said), "version": VERSION})
    return {one.id for one, now in zip(messages, said, strict=True) if now.text != one.text}


async def _edits(connection: AsyncConnection[Any], keys: TenantKeys, messages: Sequence[_Former]) -> set[UUID]:
    """Every edit of the messages, and the texts that follow them. Answers whose text is another one now."""
    rules = {(one.connection_id, one.external_id): _Rules(keys, one) for one in messages}
    places = sorted(Place(keys.tenant_id, *place) for place in rules)
    edits = await (await connection.execute(_QUERIES["edits"], arrays(Place, places))).fetchall()
    if not edits:
        return set()
    said = [
        rules[connection_id, external_id].said("message_event", row_id, text, original)
        for row_id, connection_id, external_id, text, original in edits
    ]
    await connection.execute(_QUERIES["store_edits"], arrays(_Said, said))
    edited = sorted({Place(keys.tenant_id, row[1], row[2]) for row in edits})
    return {one.id for one in await settle_bodies(connection, edited) if one.text_changed}


async def _follow(connection: AsyncConnection[Any], tenant_id: UUID, changed: Sequence[_Former]) -> None:
    """A new vector for what reads otherwise now, and its day counted again."""
    days = sorted({DirtyRow(tenant_id, one.chat_identity_id, one.local_day, "edit") for one in changed})
    tasks = [
        TaskRow(tenant_id, new_id(), "embed", HISTORY_LANE, one.id, shard_of(one.chat_identity_id))
        for one in changed
        if one.embeddings and not one.is_deleted
    ]
    if days:
        await connection.execute(_INBOX["mark_dirty"], arrays(DirtyRow, days))
    if tasks:
        await connection.execute(_INBOX["enqueue_tasks"], arrays(TaskRow, tasks))
