"""A connection of a tenant, and a picture of all rows that two runs can be compared by."""

from collections.abc import Awaitable, Callable, Generator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest

from evosense.connections.repository import add_connection
from evosense.db.database import AsyncPool
from evosense.evolution.events import decode_envelope
from evosense.messages.inbox import Inbox
from evosense.messages.models import Heard, Recipient
from evosense.tenants.keys import MasterKey
from evosense.tenants.repository import get_tenant, open_keys
from evosense.testing.postgres import TemplateDatabase
from tests.integration.emptied_database import cloned, empty

NOW = datetime(2026, 11, 20, 23, 10, 48, tzinfo=UTC)
MARCOS = "5511977776666@s.whatsapp.net"

MakeRecipient = Callable[..., Awaitable[Recipient]]


@pytest.fixture(scope="module")
def module_database_url(template_database: TemplateDatabase) -> Generator[str]:
    yield from cloned(template_database)


@pytest.fixture
def database_url(module_database_url: str) -> str:
    """The module's database, empty."""
    empty(module_database_url)
    return module_database_url


@pytest.fixture
def make_recipient(pipeline_pool: AsyncPool, master_key: MasterKey) -> MakeRecipient:
    async def make(tenant_id: UUID, instance: str = "loja-b") -> Recipient:
        async with pipeline_pool.connection() as connection:
            keys = await open_keys(connection, master_key, tenant_id)
            tenant = await get_tenant(connection, tenant_id)
            connection_id = await add_connection(
                connection, keys, name=instance, server_url="http://evo.test", instance=instance, token="T"
            )
        return Recipient(
            tenant_id,
            connection_id,
            instance,
            ZoneInfo(tenant.timezone),
            tenant.retention_days,
            tenant.store_raw_text,
            tenant.embeddings,
            keys,
        )

    return make


@pytest.fixture
async def recipient(make_recipient: MakeRecipient, tenant_id: UUID) -> Recipient:
    return await make_recipient(tenant_id)


@pytest.fixture
def inbox(pipeline_pool: AsyncPool) -> Inbox:
    return Inbox(pipeline_pool)


def hear(recipient: Recipient, event: str, data: Any, *, at: datetime = NOW) -> Heard:
    """An envelope heard on the recipient's connection."""
    envelope = {"event": event, "instance": recipient.instance, "data": data, "apikey": "TOKEN-SECRET"}
    return Heard(recipient, "socketio", decode_envelope(envelope, received_at=at))


def text_message(
    message_id: str,
    text: str,
    *,
    chat: str = MARCOS,
    from_me: bool = False,
    at: int = 1795216200,
    name: str | None = "Marcos Vieira",
    **key: Any,
) -> dict[str, Any]:
    """The data of a messages.upsert."""
    return {
        "key": {"remoteJid": chat, "fromMe": from_me, "id": message_id, **key},
        "pushName": name,
        "message": {"conversation": text},
        "messageType": "conversation",
        "messageTimestamp": at,
    }


_PICTURE = {
    "messages": """
        select m.external_id, m.from_me, m.direction, m.chat_kind, m.type, m.sent_at, m.sent_at_source, m.is_synthetic,
               m.chat_identity_id, m.author_identity_id, m.quoted_external_id,
               b.text, b.revision, b.edited_at, b.deleted_at, b.original_enc is not null
        from app.message as m left join app.message_body as b
        on b.tenant_id = m.tenant_id and b.message_id = m.id order by m.tenant_id, m.external_id, m.from_me
    """,
    "changes": """
        select external_id, kind, digest, author_identity_id, status, text, occurred_at, occurred_at_source
        from app.message_event order by external_id, kind, digest
    """,
    "identities": "select id, kind, first_seen_at, connection_id from app.identity order by id",
    "links": "select identity_id, contact_id, chat_id from app.identity_link order by identity_id",
    "contacts": "select id, first_seen_at, name_digest, name_at from app.contact order by id",
    "chats": "select id, kind, created_at from app.chat order by id",
    "media": "select kind, mimetype, size_bytes, duration_seconds from app.media_ref order by 1, 2, 3",
    "origins": """
        select m.external_id, o.author_type from app.message_origin as o
        inner join app.message as m on m.tenant_id = o.tenant_id and m.id = o.message_id order by 1
    """,
    "tasks": """
        select m.external_id, t.kind, t.lane, t.shard from app.ai_task as t
        inner join app.message as m on m.tenant_id = t.tenant_id and m.id = t.message_id order by 1, 2
    """,
    "dirty": "select distinct chat_identity_id, local_day from app.dirty order by 1, 2",
    "raw": "select event, digest, external_ids, chat_hmacs from raw.evolution_event order by digest",
}


@pytest.fixture
def picture(admin_connection: psycopg.Connection) -> Callable[[], dict[str, list[Any]]]:
    """Everything that must be equal however the events came, by table."""

    def take() -> dict[str, list[Any]]:
        return {name: admin_connection.execute(query).fetchall() for name, query in _PICTURE.items()}

    return take
