"""People who were heard by the real inbox, and rows about them in every store that the schema has."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from evosense.db.ids import new_id
from evosense.privacy.stores import STORES, Store
from tests.integration.messages.conftest import hear, inbox, make_recipient, recipient, text_message

__all__ = ["NOW", "hear", "inbox", "make_recipient", "recipient", "text_message"]
NOW = datetime(2026, 11, 20, 23, 10, 48, tzinfo=UTC)
ANA = "5511911112222@s.whatsapp.net"
BRUNO = "5511933334444@s.whatsapp.net"

_COLUMNS = """
select a.attname, format_type(a.atttypid, null), a.atthasdef or a.attidentity <> '' or a.attgenerated <> ''
from pg_attribute as a where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped and a.attnotnull
"""
# What a check constraint or a foreign key wants instead of a made-up value.
_WANTED: dict[str, dict[str, Any]] = {
    "app.inference": {"status": "invalid", "purpose": "prod"},
    "app.message_score": {"sentiment": 0, "satisfaction": 50},
    "app.message_event": {"kind": "status", "occurred_at_source": "live"},
    "app.message_origin": {"author_type": "bot"},
    "app.ai_task": {"kind": "score", "shard": 1},
    "app.human_label": {"sentiment": 0},
    "app.label_request": {"pi_sampling": 1},
    "app.message_embedding": {"embedding": "[" + ",".join(["0.1"] * 768) + "]", "shelf": 3},
}
_MADE: dict[str, Any] = {
    "text": "x",
    "bytea": b"x",
    "timestamp with time zone": NOW,
    "date": NOW.date(),
    "jsonb": "{}",
    "boolean": True,
    "uuid[]": [],
    "text[]": [],
    "interval": "1 day",
    "inet": "192.0.2.1",
}


def add_row(connection: psycopg.Connection, table: str, known: dict[str, Any]) -> None:
    """Insert a row with the known values, and made-up ones where the table wants more."""
    values = {**_WANTED.get(table, {}), **known}
    for name, kind, has_default in connection.execute(_COLUMNS, (table,)).fetchall():
        if name not in values and not has_default:
            values[name] = new_id() if kind == "uuid" else _MADE.get(kind, 1)
    statement = sql.SQL("insert into {} ({}) values ({}) on conflict do nothing").format(
        sql.Identifier(*table.split(".")),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join([sql.Placeholder()] * len(values)),
    )
    connection.execute(statement, list(values.values()))


def add_rows_about(connection: psycopg.Connection, tenant_id: UUID, person: dict[str, Any]) -> list[Store]:
    """A row in every store whose rule points to a message, address, contact or chat; answers those stores."""
    reached: list[Store] = []
    for store in STORES:
        pointers = {
            store.by_message: person["message_id"],
            store.by_identity: person["identity_id"],
            store.by_contact: person["contact_id"],
            store.by_chat: person["chat_id"],
        }
        known = {column: value for column, value in pointers.items() if column}
        if known and connection.execute("select to_regclass(%s)", (store.table,)).fetchone()[0]:
            add_row(connection, store.table, {"tenant_id": tenant_id, **known})
            reached.append(store)
    return reached


def person_of(connection: psycopg.Connection, digest: bytes) -> dict[str, Any]:
    """The ids of a person who was heard: an address with its chat, contact and one of its messages."""
    row = connection.execute(
        "select i.id, l.contact_id, l.chat_id,"
        " (select m.id from app.message as m where m.chat_identity_id = i.id limit 1)"
        " from app.identity as i inner join app.identity_link as l on l.identity_id = i.id where i.jid_hmac = %s",
        (digest,),
    ).fetchone()
    return dict(zip(("identity_id", "contact_id", "chat_id", "message_id"), row, strict=True))


def traces_in(connection: psycopg.Connection, traces: list[str]) -> dict[str, int]:
    """How many rows of each table of app and raw show one of the traces, in any column; partitions left out."""
    tables = connection.execute(
        "select c.oid::regclass::text from pg_class as c where c.relkind in ('r', 'p') and not c.relispartition "
        "and c.relnamespace in ('app'::regnamespace, 'raw'::regnamespace)"
    ).fetchall()
    found = {}
    for (table,) in tables:
        query = f"select count(*) from {table} as t where t::text ~ %s"
        found[table] = connection.execute(query.encode(), ("|".join(traces),)).fetchone()[0]
    return {table: rows for table, rows in found.items() if rows}


@pytest.fixture
async def heard(inbox, recipient, admin_connection) -> dict[str, dict[str, Any]]:
    """Ana by phone, by her hidden address and in a group; Bruno in his chat and in the same group."""

    def said(message_id: str, text: str, **more: Any) -> Any:
        return hear(recipient, "messages.upsert", text_message(message_id, text, **more))

    await inbox.store(
        [
            said("A1", "minha conta não abre", chat=ANA, name="Ana Canário"),
            said("A2", "sou eu de novo", chat="77@lid", remoteJidAlt=ANA, name="Ana Canário"),
            said("A3", "pode deixar", chat=ANA, from_me=True),
            said("A4", "boa tarde a todos", chat="1203@g.us", participant=ANA, name="Ana Canário"),
            said("B1", "obrigado", chat=BRUNO, name="Bruno"),
            said("B2", "boa tarde", chat="1203@g.us", participant=BRUNO, name="Bruno"),
            hear(recipient, "groups.upsert", {"id": "1203@g.us", "participants": [{"id": ANA}, {"id": BRUNO}]}),
        ]
    )
    people = {}
    for name, address in (("ana", ANA), ("hidden", "77@lid"), ("bruno", BRUNO)):
        people[name] = person_of(admin_connection, recipient.keys.address_hmac(address))
    return people
