"""The part of a flush that is about people: identities, links, contacts and chats, in this order.

Nearly every message is from somebody known and tells nothing new about them: so it is asked first what is stored.
Contacts and chats come last, because whose they are is known only once the links are in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection, AsyncCursor

from evosense.db.arrays import arrays
from evosense.db.named_queries import load
from evosense.messages.batch import Batch, ChatRow, ContactRow, IdentityRow, LinkRow, PairRow
from evosense.messages.door import AddressRow
from evosense.messages.identities import AddressBook
from evosense.messages.models import Heard
from evosense.messages.normalise import addresses_of
from evosense.messages.people import Known, Linked, People

_QUERIES = load("evosense.messages", "people.sql")


class _IdentityKey(NamedTuple):
    tenant_id: UUID
    identity_id: UUID


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
    rows = await (await connection.execute(_QUERIES["known_addresses"], arrays(AddressRow, asked))).fetchall()
    for tenant_id, digest in rows:
        address, version = asked[tenant_id, bytes(digest)]
        newest[tenant_id, address] = min(version, newest[tenant_id, address])
    for (tenant_id, address), version in newest.items():
        book.settle(tenant_id, address, version)


class SentPeople:
    """People who were asked about; what is new of them follows with `finish`: most are known, with all there is."""

    def __init__(self, batch: Batch, people: People) -> None:
        self._batch = batch
        self._people = people
        self._known: AsyncCursor[Any] | None = None

    @classmethod
    async def send(cls, connection: AsyncConnection[Any], batch: Batch, people: People) -> SentPeople:
        """Ask what is known of everybody in a batch."""
        sent = cls(batch, people)
        if batch.identities:
            keys = [_IdentityKey(row.tenant_id, row.id) for row in batch.identities.values()]
            sent._known = await connection.execute(_QUERIES["known_people"], arrays(_IdentityKey, keys))
        return sent

    async def finish(self, connection: AsyncConnection[Any]) -> dict[UUID, UUID]:
        """Store what is new; answers the thread of each identity."""
        if self._known is None:
            return {}
        known = {row[0]: Known(*row) for row in await self._known.fetchall()}
        threads = {row.identity_id: row.chat_id for row in known.values()}
        identities = self._batch.identities.values()
        news = [row for row in identities if self._people.has_news(self._batch, row, known.get(row.id))]
        if news:
            linked = await self._store(connection, news)
            threads.update((identity_id, link.chat_id) for identity_id, link in linked.items())
        return threads

    async def _store(self, connection: AsyncConnection[Any], news: list[IdentityRow]) -> dict[UUID, Linked]:
        """Everything about these addresses; answers whom they stand for."""
        links = [self._batch.links[row.id] for row in news]
        await connection.execute(_QUERIES["insert_identities"], arrays(IdentityRow, news))
        await connection.execute(_QUERIES["insert_links"], arrays(LinkRow, links))
        places = ((row.connection_id, row.jid_hmac) for row in news)
        await _link_pairs(connection, [self._batch.pairs[place] for place in places if place in self._batch.pairs])
        linked = await _links(connection, links)
        contacts, chats = self._people.contacts_and_chats(self._batch, news, linked)
        if contacts:
            await connection.execute(_QUERIES["insert_contacts"], arrays(ContactRow, contacts))
        await connection.execute(_QUERIES["insert_chats"], arrays(ChatRow, chats))
        return linked


async def _link_pairs(connection: AsyncConnection[Any], rows: list[PairRow]) -> None:
    if not rows:
        return
    pairs = arrays(PairRow, rows)
    moved = await (await connection.execute(_QUERIES["link_pairs"], pairs)).fetchall()
    if moved:
        await connection.execute(_QUERIES["drop_lone_chats"], pairs)
        await connection.execute(_QUERIES["drop_lone_contacts"], pairs)
        await connection.execute(_QUERIES["mark_relinked_days"], arrays(_IdentityKey, moved))


async def _links(connection: AsyncConnection[Any], links: list[LinkRow]) -> dict[UUID, Linked]:
    """Whom these addresses stand for: by derivation, or, for hidden ones, as the database knows."""
    linked = {row.identity_id: Linked(row.contact_id, row.chat_id) for row in links}
    hidden = [_IdentityKey(row.tenant_id, row.identity_id) for row in links if row.is_lid]
    if hidden:
        rows = await (await connection.execute(_QUERIES["links_of"], arrays(_IdentityKey, hidden))).fetchall()
        linked.update((row[0], Linked(row[1], row[2])) for row in rows)
    return linked
