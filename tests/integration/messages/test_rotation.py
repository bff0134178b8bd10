"""New keys: nobody is split or comes back by it, nothing becomes unreadable, marks of repetition stay the same."""

import dataclasses
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from evosense.db.database import AsyncPool
from evosense.errors import ConfigurationError
from evosense.messages.inbox import Inbox
from evosense.messages.models import Recipient
from evosense.tenants.keyring import Keyring
from evosense.tenants.keys import MasterKey
from evosense.tenants.repository import open_keys
from evosense.tenants.rotate import add_key_version, rewrap_all
from tests.integration.messages.conftest import MARCOS, MakeRecipient, hear, text_message

Picture = Callable[[], dict[str, list[Any]]]
LIA = "5511966665555@s.whatsapp.net"
NEW_SECRET = "another secret key, of thirty-two characters or more"


async def rotated(pool: AsyncPool, master: MasterKey, recipient: Recipient, *purposes: Any) -> Recipient:
    """The recipient with the keys after a rotation."""
    async with pool.connection() as connection:
        for purpose in purposes or ("data", "identity"):
            await add_key_version(connection, master, recipient.tenant_id, purpose)
        return dataclasses.replace(recipient, keys=await open_keys(connection, master, recipient.tenant_id))


async def test_who_is_known_stays_one_person(
    inbox: Inbox, recipient: Recipient, pipeline_pool: AsyncPool, master_key: MasterKey, picture: Picture,
    admin_connection: psycopg.Connection,
) -> None:  # fmt: skip
    told = text_message("A", "meu cpf é 529.982.247-25")
    await inbox.store([hear(recipient, "messages.upsert", told)])
    await inbox.store([hear(recipient, "messages.update", {"keyId": "A", "fromMe": False, "status": "READ"})])
    before = picture()
    fresh = await rotated(pipeline_pool, master_key, recipient)
    assert (fresh.keys.identity_version, max(fresh.keys.data)) == (2, 2)
    for box in (inbox, Inbox(pipeline_pool)):  # one that knew the address, and one that has to ask
        await box.store([hear(fresh, "messages.upsert", told)])
        await box.store([hear(fresh, "messages.update", {"keyId": "A", "fromMe": False, "status": "READ"})])
        assert picture() == before
        same = text_message(f"B{id(box)}", "o cpf, de novo: 52998224725", at=1795216300)
        await box.store([hear(fresh, "messages.upsert", same)])
        before = picture()
    assert len(picture()["contacts"]) == len(picture()["chats"]) == 1
    texts = [row[11] for row in picture()["messages"]]
    assert len({text.partition("<CPF:")[2][:4] for text in texts}) == 1  # the token of a value stays, too
    versions = admin_connection.execute("select key_version from app.identity").fetchall()
    assert versions == [(1,)]


async def test_who_is_new_is_under_the_new_key(
    inbox: Inbox, recipient: Recipient, pipeline_pool: AsyncPool, master_key: MasterKey, picture: Picture,
    make_recipient: MakeRecipient, admin_connection: psycopg.Connection,
) -> None:  # fmt: skip
    await inbox.store([hear(recipient, "messages.upsert", text_message("A", "a"))])
    second = await make_recipient(recipient.tenant_id, "loja-c")
    fresh = await rotated(pipeline_pool, master_key, recipient, "identity")
    await inbox.store([hear(fresh, "messages.upsert", text_message("B", "b", chat=LIA))])
    await Inbox(pipeline_pool).store([hear(fresh, "messages.upsert", text_message("C", "c", chat=LIA))])
    versions = admin_connection.execute(
        "select key_version, count(*) from app.identity group by 1 order by 1"
    ).fetchall()
    assert versions == [(1, 1), (2, 1)]
    # Marcos writes on another connection: he is the same contact, under the key that he is known by.
    elsewhere = dataclasses.replace(second, keys=fresh.keys)
    await Inbox(pipeline_pool).store([hear(elsewhere, "messages.upsert", text_message("D", "d", chat=MARCOS))])
    assert len(picture()["contacts"]) == 2
    assert len(picture()["chats"]) == 3


async def test_erased_people_do_not_come_back_under_a_new_key(
    inbox: Inbox, recipient: Recipient, pipeline_pool: AsyncPool, master_key: MasterKey, picture: Picture,
    admin_connection: psycopg.Connection,
) -> None:  # fmt: skip
    erased = recipient.keys.address_hmac(MARCOS)
    admin_connection.execute(
        "insert into app.tombstone (tenant_id, jid_hmac, key_version) values (%s, %s, 1)", (recipient.tenant_id, erased)
    )
    fresh = await rotated(pipeline_pool, master_key, recipient)
    stored = await inbox.store([hear(fresh, "messages.upsert", text_message("A", "a"))])
    assert (stored.refused, stored.messages) == (1, 0)
    assert fresh.keys.address_hmacs(MARCOS)[1] == erased
    assert (await inbox.store([hear(fresh, "messages.upsert", text_message("B", "b", chat=LIA))])).messages == 1
    assert [row[0] for row in picture()["messages"]] == ["B"]


async def test_another_master_wraps_the_same_keys(
    recipient: Recipient, pipeline_pool: AsyncPool, master_key: MasterKey, tenant_id: Any, other_tenant_id: Any
) -> None:
    sealed = recipient.keys.encrypt("message_body", tenant_id, b"texto")
    new = MasterKey.from_secret(NEW_SECRET)
    both = MasterKey(new.current, master_key.current)
    async with pipeline_pool.connection() as connection:
        with pytest.raises(ConfigurationError):
            await rewrap_all(connection, new)
        await open_keys(connection, master_key, tenant_id)  # nothing was changed
        done = await rewrap_all(connection, both)
        assert (done.keys, done.changed) == (4, 4)
        assert (await rewrap_all(connection, both)).changed == 0
        for tenant in (tenant_id, other_tenant_id):
            await open_keys(connection, new, tenant)
        keys = await open_keys(connection, new, tenant_id)
        assert keys == recipient.keys
        assert keys.decrypt("message_body", tenant_id, sealed) == b"texto"
        with pytest.raises(ConfigurationError):
            await open_keys(connection, master_key, tenant_id)


async def test_a_keyring_takes_new_keys_up(
    recipient: Recipient, pipeline_pool: AsyncPool, master_key: MasterKey, tenant_id: Any
) -> None:
    keyring = Keyring(master_key)
    async with pipeline_pool.connection() as connection:
        first = await keyring.keys(connection, tenant_id)
        keyring.forget(tenant_id)
        assert await keyring.keys(connection, tenant_id) is first  # nothing changed, nothing is built anew
        await add_key_version(connection, master_key, tenant_id, "data")
        assert await keyring.keys(connection, tenant_id) is first
        keyring.forget(tenant_id)
        assert max((await keyring.keys(connection, tenant_id)).data) == 2
