"""Erasing a person: first a tombstone for every address, so that nothing comes back, then every store, then proof.

Batches commit one by one; an erasure that died goes on where it stopped when its request is taken up again. A flush of
the listener that had looked for tombstones before they were there may commit after the first pass, so passes repeat
until one finds nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import orjson
from psycopg import AsyncConnection

from evosense.db.database import AsyncPool
from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.errors import ConfigurationError, Conflict
from evosense.messages.raw_events import unseal
from evosense.privacy import statements
from evosense.privacy.holds import is_held
from evosense.privacy.messages import Doomed, delete_identities, delete_messages
from evosense.privacy.person import Person, find_person
from evosense.privacy.statements import BATCH
from evosense.privacy.stores import RAW, STORES
from evosense.tenants.keys import MasterKey, TenantKeys

_QUERIES = load("evosense.privacy", "erasure.sql")
_MOST_PASSES: Final = 5
_RAW_BATCH: Final = 500


class OnHold(Conflict):
    """A legal hold is open on this person or the whole company; release it first."""

    code = "legal_hold"


async def erase_person(
    pool: AsyncPool, master: MasterKey, tenant_id: UUID, jid_hmacs: Sequence[bytes]
) -> tuple[Counter[str], dict[bytes, int]]:
    """Erase the person behind the HMACs everywhere; answers rows by table and the HMACs that are buried.

    Raises:
        OnHold: a legal hold is open; nothing was changed.
    """
    counts: Counter[str] = Counter()
    buried: dict[bytes, int] = {}
    for _ in range(_MOST_PASSES):
        async with pool.connection() as connection, connection.transaction():
            person, keys = await find_person(connection, master, tenant_id, [*jid_hmacs, *buried])
            if await is_held(connection, tenant_id, list(person.hmacs)):
                raise OnHold
            buried |= person.hmacs
            await _bury(connection, person)
        before = counts.total()
        await _erase_messages(pool, person, counts)
        await _erase_raw(pool, person, keys, counts)
        await _erase_pointers(pool, person, counts)
        if counts.total() == before:
            break
    return counts, buried


async def _bury(connection: AsyncConnection[Any], person: Person) -> None:
    values = {
        "tenant_id": person.tenant_id,
        "jid_hmacs": list(person.hmacs),
        "versions": list(person.hmacs.values()),
    }
    await connection.execute(_QUERIES["bury"], values)


async def _erase_messages(pool: AsyncPool, person: Person, counts: Counter[str]) -> None:
    values = {"tenant_id": person.tenant_id, "identity_ids": person.identity_ids, "batch": BATCH}
    while True:
        async with pool.connection() as connection, connection.transaction():
            rows = await (await connection.execute(_QUERIES["messages_of_person"], values)).fetchall()
            doomed = [Doomed(*row) for row in rows]
            ids = [message.id for message in doomed]
            found: Mapping[str, Any] = {
                "tenant_id": person.tenant_id,
                "ids": ids,
                "jid_hmacs": list(person.hmacs),
                "external_ids": [message.external_id for message in doomed],
                "message_ids": [str(one) for one in ids],
                "chat_ids": [str(one) for one in person.chat_ids],
            }
            await connection.execute(_QUERIES["mark_days"], found)
            await connection.execute(_QUERIES["mark_inference_days"], found)
            counts[RAW] += (await connection.execute(_QUERIES["delete_raw_of"], found)).rowcount
            await connection.execute(_QUERIES["empty_live_events"], found)
            await delete_messages(connection, person.tenant_id, doomed, counts)
        if len(rows) < BATCH:
            return


async def _erase_raw(pool: AsyncPool, person: Person, keys: TenantKeys, counts: Counter[str]) -> None:
    """Raw events whose content names the person: mentions, member lists, other people's history."""
    traces = person.traces
    if not traces:
        return
    async with pool.connection() as connection, connection.transaction():
        named: list[tuple[Any, UUID]] = []
        async with connection.cursor(name=f"raw_{new_id().hex}") as cursor:
            await cursor.execute(_QUERIES["raw_payloads"], {"tenant_id": person.tenant_id})
            while rows := await cursor.fetchmany(_RAW_BATCH):
                named += [(day, raw_id) for day, raw_id, payload in rows if _names(keys, raw_id, payload, traces)]
        values = {
            "tenant_id": person.tenant_id,
            "days": [day for day, _ in named],
            "ids": [raw_id for _, raw_id in named],
        }
        counts[RAW] += (await connection.execute(_QUERIES["delete_raw_by_id"], values)).rowcount


def _names(keys: TenantKeys, raw_id: UUID, payload: bytes, traces: Sequence[bytes]) -> bool:
    try:
        content = orjson.dumps(unseal(keys, raw_id, bytes(payload)))
    except ConfigurationError:
        # Sealed under a key that is gone: nobody can read it, and nobody can say that the person is not in it.
        return True
    return any(trace in content for trace in traces)


async def _erase_pointers(pool: AsyncPool, person: Person, counts: Counter[str]) -> None:
    """Rows that point to the person, in whatever store, and the person last."""
    values = {
        "tenant_id": person.tenant_id,
        "identity_ids": person.identity_ids,
        "contact_ids": person.contact_ids,
        "chat_ids": person.chat_ids,
        "jid_hmacs": list(person.hmacs),
    }
    async with pool.connection() as connection, connection.transaction():
        for store in STORES:
            pointers = {"identity_ids": store.by_identity, "contact_ids": store.by_contact, "chat_ids": store.by_chat}
            if any(pointers.values()) and await statements.exists(connection, store):
                for parameter, column in pointers.items():
                    if column:
                        statement = statements.delete_of(store, column, parameter)
                        counts[store.table] += await statements.run(connection, statement, values)
        answers = await connection.execute(_QUERIES["delete_answers_of"], values)
        counts["app.privacy_answer"] += answers.rowcount
        await delete_identities(connection, person.tenant_id, person.identity_ids, counts)
        counts["app.contact"] += (await connection.execute(_QUERIES["delete_opted_out"], values)).rowcount


async def erase_again(pool: AsyncPool, master: MasterKey) -> int:
    """Erase whoever is back although erased, by a flush that was under way; answers how many rows that were."""
    async with pool.connection() as connection:
        back = await (await connection.execute(_QUERIES["risen_hmacs"])).fetchall()
    rows = 0
    for tenant_id, hmacs in back:
        try:
            counts, _ = await erase_person(pool, master, tenant_id, [bytes(one) for one in hmacs])
        except OnHold:
            continue
        rows += counts.total()
    return rows


async def risen_people(connection: AsyncConnection[Any]) -> list[tuple[UUID, int]]:
    """Companies in whose tables addresses of erased people are back, with how many."""
    return [(row[0], int(row[1])) for row in await (await connection.execute(_QUERIES["risen"])).fetchall()]
