"""Who is who: phones, hidden addresses, names, connections."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
import pytest

from evosense.messages.inbox import Inbox
from evosense.messages.models import Recipient
from tests.integration.messages.conftest import MARCOS, MakeRecipient, hear, text_message

Picture = Callable[[], dict[str, list[Any]]]


@pytest.mark.parametrize("proof_first", [True, False])
async def test_phone_and_hidden_address_become_one_person_in_any_order(
    inbox: Inbox, recipient: Recipient, picture: Picture, *, proof_first: bool
) -> None:
    proof = hear(recipient, "messages.upsert", text_message("P", "eu", chat="99@lid", remoteJidAlt=MARCOS))
    alone = hear(recipient, "messages.upsert", text_message("L", "oi", chat="99@lid", name="Marcos"))
    old = hear(recipient, "messages.upsert", text_message("N", "oi", chat="551177776666@s.whatsapp.net"))
    later = hear(
        recipient, "messages.upsert", text_message("M", "de novo", chat="99@lid", at=1795216300, name="Marcão")
    )
    for event in [proof, alone, old, later] if proof_first else [later, alone, old, proof]:
        await inbox.store([event])
    rows = picture()
    assert len(rows["identities"]) == 2  # phone, in either spelling, and hidden
    assert len(rows["contacts"]) == len(rows["chats"]) == 1
    assert {row[1:] for row in rows["links"]} == {(rows["contacts"][0][0], rows["chats"][0][0])}


async def test_a_relinked_chat_is_computed_again(
    inbox: Inbox, recipient: Recipient, admin_connection: psycopg.Connection
) -> None:
    await inbox.store([hear(recipient, "messages.upsert", text_message("L", "oi", chat="99@lid"))])
    admin_connection.execute("delete from app.dirty")
    await inbox.store([hear(recipient, "contacts.update", {"remoteJid": "99@lid", "remoteJidAlt": MARCOS})])
    assert admin_connection.execute("select cause, local_day from app.dirty").fetchall() == [
        ("link", date(2026, 11, 20))
    ]


async def test_a_person_is_one_across_connections_and_tenants_share_nothing(
    inbox: Inbox, make_recipient: MakeRecipient, tenant_id: UUID, other_tenant_id: UUID, picture: Picture
) -> None:
    for tenant, instance in ((tenant_id, "a"), (tenant_id, "b"), (other_tenant_id, "a")):
        recipient = await make_recipient(tenant, instance)
        await inbox.store([hear(recipient, "messages.upsert", text_message("SAME", "oi"))])
    rows = picture()
    assert len(rows["messages"]) == 3
    assert len(rows["contacts"]) == 2
    assert len(rows["chats"]) == 3


async def test_the_newest_name_is_kept_encrypted(
    inbox: Inbox, recipient: Recipient, admin_connection: psycopg.Connection
) -> None:
    for message_id, name, at in (("B", "Novo", 1795216300), ("A", "Velho", 1795216200)):
        await inbox.store([hear(recipient, "messages.upsert", text_message(message_id, "oi", name=name, at=at))])
    ((contact_id, sealed),) = admin_connection.execute("select id, name_enc from app.contact").fetchall()
    assert recipient.keys.decrypt("contact", contact_id, bytes(sealed)).decode() == "Novo"


async def test_a_group_never_takes_its_senders_name(inbox: Inbox, recipient: Recipient, picture: Picture) -> None:
    group = {"remoteJid": "120363041234567890@g.us", "pushName": "Lia Ramos"}
    await inbox.store([hear(recipient, "contacts.upsert", group)])
    assert picture()["contacts"] == []
