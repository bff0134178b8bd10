"""The part of a flush that is about people: identities, links, contacts and chats, in this order.

Contacts and chats come last, because whose they are is known only once the links are in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.arrays import arrays
from evosense.db.named_queries import load
from evosense.messages.batch import Batch, ChatRow, ContactRow, IdentityRow, LinkRow, PairRow
from evosense.messages.identities import AddressBook
from evosense.messages.models import Heard
from evosense.messages.normalise import Blocked, addresses_of
from evosense.messages.people import Linked, People

_QUERIES = load("evosense.messages", "people.sql")


async def settle_versions(connection: AsyncConnection[Any], book: AddressBook, heard: Sequence[Heard]) -> None:
    """Tell the book under which version of their tenant's identity key addresses are known, where there are several.

    The oldest version wins, and an address that nobody has seen is under the newest; so a rotation splits nobody.
    """
    asked: dict[tuple[UUID, bytes], tuple[str, int]] = {}
    newest: dict[tuple[UUID, str], int] = {}
    for item in heard:
        recipient = item.recipient
        spoken_of = (address for event in item.events for address in addresses_of(event))
        for address in book.unsettled(recipient, spoken_of):
            newest[recipient.tenant_id, address] = recipient.keys.identity_version
            for version, digest in recipient.keys.address_hmacs(address).items():
                asked[recipient.tenant_id, digest] = (address, version)
    if not asked:
        return
    tenant_ids, hmacs = zip(*asked, strict=True)
    parameters = {"tenant_ids": list(tenant_ids), "hmacs": list(hmacs)}
    rows = await (await connection.execute(_QUERIES["known_addresses"], parameters)).fetchall()
    for tenant_id, digest in rows:
        address, version = asked[tenant_id, bytes(digest)]
        newest[tenant_id, address] = min(version, newest[tenant_id, address])
    for (tenant_id, address), version in newest.items():
        book.settle(tenant_id, address, version)


async def erased(connection: AsyncConnection[Any], spoken_of: set[tuple[UUID, bytes]]) -> Blocked:
    """Those of the (tenant, address HMAC) pairs that belong to erased people."""
    if not spoken_of:
        return frozenset()
    tenant_ids, hmacs = zip(*spoken_of, strict=True)
    parameters = {"tenant_ids": list(tenant_ids), "hmacs": list(hmacs)}
    rows = await (await connection.execute(_QUERIES["erased_addresses"], parameters)).fetchall()
    return frozenset((row[0], bytes(row[1])) for row in rows)


async def store_people(connection: AsyncConnection[Any], people: People, batch: Batch) -> dict[UUID, UUID]:
    """Store who is spoken of; answers the thread of each identity."""
    if not batch.identities:
        return {}
    await connection.execute(_QUERIES["insert_identities"], arrays(IdentityRow, batch.identities.values()))
    await connection.execute(_QUERIES["insert_links"], arrays(LinkRow, batch.links.values()))
    await _link_pairs(connection, batch)
    linked = await _links(connection, batch)
    contacts, chats = people.contacts_and_chats(batch, linked)
    if contacts:
        await connection.execute(_QUERIES["insert_contacts"], arrays(ContactRow, contacts))
    await connection.execute(_QUERIES["insert_chats"], arrays(ChatRow, chats))
    return {identity_id: link.chat_id for identity_id, link in linked.items()}


async def _link_pairs(connection: AsyncConnection[Any], batch: Batch) -> None:
    if not batch.pairs:
        return
    pairs = arrays(PairRow, batch.pairs.values())
    moved = await (await connection.execute(_QUERIES["link_pairs"], pairs)).fetchall()
    if moved:
        await connection.execute(_QUERIES["drop_lone_chats"], pairs)
        await connection.execute(_QUERIES["drop_lone_contacts"], pairs)
        identities = {"tenant_ids": [row[0] for row in moved], "identity_ids": [row[1] for row in moved]}
        await connection.execute(_QUERIES["mark_relinked_days"], identities)


async def _links(connection: AsyncConnection[Any], batch: Batch) -> dict[UUID, Linked]:
    """Whom every address of the batch stands for: by derivation, or, for hidden ones, as the database knows."""
    linked = {row.identity_id: Linked(row.contact_id, row.chat_id) for row in batch.links.values()}
    hidden = [row for row in batch.links.values() if row.is_lid]
    if hidden:
        parameters = {
            "tenant_ids": [row.tenant_id for row in hidden],
            "identity_ids": [row.identity_id for row in hidden],
        }
        rows = await (await connection.execute(_QUERIES["links_of"], parameters)).fetchall()
        linked.update((row[0], Linked(row[1], row[2])) for row in rows)
    return linked
