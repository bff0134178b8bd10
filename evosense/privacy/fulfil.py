"""Fulfilling requests: each one is taken up, answered and closed; one that fails is told by class and retried."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from evosense.db.database import AsyncPool
from evosense.db.named_queries import load
from evosense.errors import EvoSenseError
from evosense.log import get_logger
from evosense.privacy.answer import collect
from evosense.privacy.certificate import certify
from evosense.privacy.erasure import OnHold, erase_person
from evosense.privacy.models import DUE_AFTER, Kind, PrivacyRequest, State
from evosense.privacy.person import find_person
from evosense.privacy.requests import begin_request, end_request, get_request, open_requests, store_answer
from evosense.tenants.keys import MasterKey

_ANSWERS = load("evosense.privacy", "answer.sql")
_REQUESTS = load("evosense.privacy", "requests.sql")
_MOST_ATTEMPTS: Final = 3
_log = get_logger(__name__)
Work = Callable[[AsyncPool, MasterKey, PrivacyRequest], Awaitable[None]]


async def fulfil_open(pool: AsyncPool, master: MasterKey) -> Counter[str]:
    """Answer every request that waits; counts them by kind and how they ended."""
    async with pool.connection() as connection:
        waiting = await open_requests(connection)
    ended: Counter[str] = Counter()
    for tenant_id, request_id in waiting:
        done = await fulfil(pool, master, tenant_id, request_id)
        ended[f"{done.kind} {done.state}"] += 1
    return ended


async def fulfil(pool: AsyncPool, master: MasterKey, tenant_id: UUID, request_id: UUID) -> PrivacyRequest:
    """Answer one request; answers how it stands then."""
    async with pool.connection() as connection, connection.transaction():
        is_ours = await begin_request(connection, tenant_id, request_id)
        asked = await get_request(connection, tenant_id, request_id)
    if is_ours:
        try:
            await _WORK[asked.kind](pool, master, asked)
        except OnHold:
            await _close(pool, asked, "refused", "legal_hold")
        except Exception as error:  # noqa: BLE001 - whatever it is, the others must go on; only its class is told
            _log.error("privacy_request_failed", request_id=str(request_id), error_class=type(error).__name__)
            if asked.attempts >= _MOST_ATTEMPTS or isinstance(error, EvoSenseError):
                await _close(pool, asked, "failed", type(error).__name__)
    async with pool.connection() as connection:
        return await get_request(connection, tenant_id, request_id)


async def _close(pool: AsyncPool, asked: PrivacyRequest, state: State, reason: str) -> None:
    async with pool.connection() as connection, connection.transaction():
        await end_request(connection, asked, state, reason=reason)


async def _answer(pool: AsyncPool, master: MasterKey, asked: PrivacyRequest) -> None:
    async with pool.connection() as connection, connection.transaction():
        person, keys = await find_person(connection, master, asked.tenant_id, asked.jid_hmacs)
        content, counts = await collect(connection, keys, person)
        await store_answer(connection, keys, asked, content, datetime.now(UTC) + DUE_AFTER)
        await end_request(connection, asked, "done", counts=counts, reason=None if person.is_known else "nothing_found")


async def _correct(pool: AsyncPool, master: MasterKey, asked: PrivacyRequest) -> None:
    async with pool.connection() as connection, connection.transaction():
        person, keys = await find_person(connection, master, asked.tenant_id, asked.jid_hmacs)
        name = keys.decrypt("privacy_request", asked.id, bytes(asked.correction_enc or b""))
        values = {
            "tenant_id": asked.tenant_id,
            "contact_ids": person.contact_ids,
            "names": [keys.encrypt("contact", contact_id, name) for contact_id in person.contact_ids],
            "digests": [_digest(keys.identity, contact_id, name) for contact_id in person.contact_ids],
        }
        changed = (await connection.execute(_ANSWERS["correct_name"], values)).rowcount
        reason = None if changed else "nothing_found"
        await end_request(connection, asked, "done", counts={"app.contact": changed}, reason=reason)


def _digest(key: bytes, contact_id: UUID, name: bytes) -> bytes:
    """As the inbox makes it (evosense.messages.people), so that hearing the same name again changes nothing."""
    return hmac.digest(key, b"name\x1f" + contact_id.bytes + name, hashlib.sha256)[:8]


async def _erase(pool: AsyncPool, master: MasterKey, asked: PrivacyRequest) -> None:
    counts, hmacs = await erase_person(pool, master, asked.tenant_id, asked.jid_hmacs)
    async with pool.connection() as connection, connection.transaction():
        # One after the other, or two certificates would continue the same one.
        await connection.execute("select pg_advisory_xact_lock(hashtext(%s))", (f"erasure {asked.tenant_id}",))
        found = await connection.execute(_REQUESTS["last_certificate"], {"tenant_id": asked.tenant_id})
        row = await found.fetchone()
        certificate = certify(
            tenant_id=asked.tenant_id,
            request_id=asked.id,
            requested_at=asked.requested_at,
            erased_at=datetime.now(UTC),
            hmacs=hmacs,
            counts=counts,
            previous=row[0] if row else None,
        )
        await end_request(
            connection,
            asked,
            "done",
            counts={table: rows for table, rows in counts.items() if rows},
            reason=None if counts.total() else "nothing_found",
            certificate=certificate.content,
            certificate_hash=certificate.hash,
        )


_WORK: Final[dict[Kind, Work]] = {"access": _answer, "export": _answer, "correct": _correct, "erase": _erase}
