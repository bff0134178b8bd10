"""Deleting messages with everything that hangs on them, in one transaction: shared by retention and erasure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.named_queries import load
from evosense.privacy import statements
from evosense.privacy.stores import BY_MESSAGE, MESSAGE

_QUERIES = load("evosense.privacy", "retention.sql")


class Doomed(NamedTuple):
    """A message that is to go."""

    id: UUID
    connection_id: UUID
    external_id: str


async def delete_messages(
    connection: AsyncConnection[Any], tenant_id: UUID, doomed: Sequence[Doomed], counts: Counter[str]
) -> None:
    """Delete messages and the rows of every store that belong to them; adds to `counts` by table."""
    ids = [message.id for message in doomed]
    values = {
        "tenant_id": tenant_id,
        "ids": ids,
        "connection_ids": [message.connection_id for message in doomed],
        "external_ids": [message.external_id for message in doomed],
    }
    for store in BY_MESSAGE:
        statement = statements.delete_of(store, store.by_message or "", "ids")
        counts[store.table] += await statements.run(connection, statement, values)
    counts["app.message_event"] += (await connection.execute(_QUERIES["delete_events_of"], values)).rowcount
    counts[MESSAGE] += (await connection.execute(_QUERIES["delete_messages"], values)).rowcount


async def delete_identities(
    connection: AsyncConnection[Any], tenant_id: UUID, ids: Sequence[UUID], counts: Counter[str]
) -> None:
    """Delete addresses, then the chats and contacts that nothing stands for any more; adds to `counts`."""
    values = {"tenant_id": tenant_id, "ids": list(ids)}
    for name, table in (
        ("delete_links", "app.identity_link"),
        ("delete_identities", "app.identity"),
        ("delete_lone_chats", "app.chat"),
        ("delete_lone_contacts", "app.contact"),
    ):
        counts[table] += (await connection.execute(_QUERIES[name], values)).rowcount
    await connection.execute(_QUERIES["forget_lone_names"], values)
