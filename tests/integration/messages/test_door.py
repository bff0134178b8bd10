"""What is not let in, and what is let in only without personal data."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg

from evosense.messages.inbox import Inbox
from evosense.messages.models import Recipient
from tests.integration.messages.conftest import MARCOS, NOW, MakeRecipient, hear, text_message

Picture = Callable[[], dict[str, list[Any]]]


async def test_personal_data_never_becomes_a_row(
    inbox: Inbox, recipient: Recipient, admin_connection: psycopg.Connection
) -> None:
    text = "meu cpf é 529.982.247-25"
    await inbox.store([hear(recipient, "messages.upsert", text_message("A", text))])
    (row,) = admin_connection.execute("select message_id, text, original_enc from app.message_body").fetchall()
    assert row[1].startswith("meu cpf é <CPF:")
    assert recipient.keys.decrypt("message_body", row[0], row[2]).decode() == text
    dump = "".join(str(admin_connection.execute(f"select * from {table}").fetchall()) for table in _ALL_TABLES)
    for secret in ("529.982", "52998224725", "5511977776666", "Marcos", "TOKEN-SECRET"):
        assert secret not in dump


_ALL_TABLES = (
    "raw.evolution_event",
    "app.message",
    "app.message_body",
    "app.message_event",
    "app.identity",
    "app.contact",
    "app.chat",
    "app.media_ref",
    "app.live_event",
    "app.dirty",
    "app.ai_task",
)


async def test_a_plan_without_raw_text_keeps_no_original(
    inbox: Inbox, make_recipient: MakeRecipient, tenant_id: UUID, admin_connection: psycopg.Connection
) -> None:
    admin_connection.execute("update app.tenant set plan_id = 'starter' where tenant_id = %s", (tenant_id,))
    recipient = await make_recipient(tenant_id)
    await inbox.store([hear(recipient, "messages.upsert", text_message("A", "cpf 529.982.247-25"))])
    assert admin_connection.execute("select original_enc from app.message_body").fetchall() == [(None,)]


async def test_erased_people_do_not_come_back(
    inbox: Inbox, recipient: Recipient, picture: Picture, admin_connection: psycopg.Connection
) -> None:
    admin_connection.execute(
        "insert into app.tombstone (tenant_id, jid_hmac, key_version) values (%s, %s, 1)",
        (recipient.tenant_id, recipient.keys.address_hmac(MARCOS)),
    )
    stored = await inbox.store(
        [
            hear(recipient, "messages.upsert", text_message("A", "oi")),
            hear(recipient, "messages.upsert", text_message("G", "oi", chat="1203@g.us", participant=MARCOS)),
            hear(recipient, "messages.upsert", text_message("L", "oi", chat="99@lid", remoteJidAlt=MARCOS)),
            hear(recipient, "contacts.update", {"remoteJid": MARCOS, "pushName": "Marcos"}),
            hear(recipient, "messages.upsert", text_message("B", "oi", chat="5511966665555@s.whatsapp.net")),
        ]
    )
    rows = picture()
    assert stored.refused == 4
    assert [row[0] for row in rows["messages"]] == ["B"]
    assert len(rows["raw"]) == len(rows["contacts"]) == 1


async def test_messages_older_than_the_plan_keeps_are_refused(
    inbox: Inbox, recipient: Recipient, picture: Picture
) -> None:
    old = int((NOW - timedelta(days=recipient.retention_days + 1)).timestamp())
    stored = await inbox.store(
        [hear(recipient, "messages.set", [text_message("OLD", "a", at=old), text_message("NEW", "b")])]
    )
    rows = picture()
    assert stored.refused == 1
    assert [row[0] for row in rows["messages"]] == ["NEW"]
    assert [row[2] for row in rows["raw"]] == [["NEW"]]
