"""How a webhook proves that it is from a connection's server.

Evolution signs nothing of the body. It sends the headers that an instance was given, and for the key `jwt_key` among
them `Authorization: Bearer <HS256 token>`. So a request offers a secret, or a token signed with it. One token is
issued per event and repeated by its retries, which go on for about 20 minutes, although it claims to end after ten:
a refusal would end the retries and lose the event, so a token is good for half an hour longer than it says.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import jwt
from psycopg import AsyncConnection

from evosense.connections.models import Listening
from evosense.connections.states import state_event
from evosense.db.named_queries import load
from evosense.errors import InvalidInput, NotFound
from evosense.live.models import NewLiveEvent
from evosense.tenants.keys import TenantKeys

_QUERIES = load("evosense.connections", "webhooks.sql")
_TABLE: Final = "connection"
_HEADERS: Final = ("x-evosense-secret", "x-webhook-secret", "apikey", "authorization")
_LATE_S: Final = 1_800
_SHORTEST: Final = 16
_LONGEST: Final = 4_096


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """A connection that takes webhooks, with what its requests are checked by."""

    listening: Listening
    secret_hash: bytes | None
    secret_enc: bytes | None


def new_secret() -> str:
    """A secret nobody can guess, also long enough to sign tokens with."""
    return f"evw_{secrets.token_urlsafe(32)}"


def secret_hash(secret: str) -> bytes:
    """What a secret is found and compared by; its 256 random bits need no salt."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def offered_by(headers: Mapping[str, str]) -> tuple[str, ...]:
    """The secrets and tokens that a request brings, by lower-case header names; empty when it brings none."""
    found = (headers.get(name, "").strip() for name in _HEADERS)
    words = (value[7:].strip() if value[:7].lower() == "bearer " else value for value in found)
    return tuple(word for word in words if 0 < len(word) <= _LONGEST)


def is_proven(target: WebhookTarget, keys: TenantKeys, offered: tuple[str, ...]) -> bool:
    """Whether one of `offered` is the connection's secret, or a token signed with it."""
    if target.secret_hash is not None:
        for word in offered:
            if hmac.compare_digest(secret_hash(word), target.secret_hash):
                return True
    if target.secret_enc is None:
        return False
    secret = keys.decrypt(_TABLE, target.listening.id, target.secret_enc)
    return any(_is_signed(word, secret) for word in offered if word.count(".") == 2)


def _is_signed(token: str, secret: bytes) -> bool:
    try:
        jwt.decode(token, secret, algorithms=["HS256"], leeway=_LATE_S, options={"require": ["exp"]})
    except (jwt.PyJWTError, ValueError):
        return False
    return True


async def set_webhook_secret(
    connection: AsyncConnection[Any], keys: TenantKeys, connection_id: UUID, secret: str
) -> None:
    """Let a connection of the keys' tenant take webhooks that prove themselves by `secret`; the former one ends.

    Raises:
        InvalidInput: shorter than 16 characters.
        NotFound: the tenant has no such connection.
    """
    if not _SHORTEST <= len(secret) <= _LONGEST:
        raise InvalidInput("a webhook's secret needs 16 characters or more; leave it out and one is made")
    values = {
        "tenant_id": keys.tenant_id,
        "id": connection_id,
        "secret_hash": secret_hash(secret),
        "secret_enc": keys.encrypt(_TABLE, connection_id, secret.encode()),
    }
    if await (await connection.execute(_QUERIES["set_webhook_secret"], values)).fetchone() is None:
        raise NotFound


async def target_by_id(connection: AsyncConnection[Any], connection_id: UUID) -> WebhookTarget | None:
    """The connection that takes webhooks under this id, whoever's it is (pipeline only)."""
    found = await _targets(connection, "webhook_by_id", {"id": connection_id})
    return found[0] if found else None


async def targets_by_secret(connection: AsyncConnection[Any], offered: tuple[str, ...]) -> list[WebhookTarget]:
    """Every connection whose secret is among `offered`."""
    return await _targets(connection, "webhook_by_secret", {"secret_hashes": [secret_hash(word) for word in offered]})


async def targets_by_instance(connection: AsyncConnection[Any], instance: str) -> list[WebhookTarget]:
    """Every connection that takes webhooks of an instance with this name; names are not unique across servers."""
    return await _targets(connection, "webhook_by_instance", {"instance": instance})


async def webhook_heard(connection: AsyncConnection[Any], tenant_id: UUID, connection_id: UUID) -> list[NewLiveEvent]:
    """A connection that lives by webhooks alone is live; answers what to publish if it was not before."""
    values = {"tenant_id": tenant_id, "id": connection_id}
    rows = await (await connection.execute(_QUERIES["webhook_heard"], values)).fetchall()
    return [state_event(tenant_id, connection_id, *row) for row in rows]


async def _targets(connection: AsyncConnection[Any], query: str, values: dict[str, Any]) -> list[WebhookTarget]:
    rows = await (await connection.execute(_QUERIES[query], values)).fetchall()
    return [WebhookTarget(Listening(*row[:11]), row[11], row[12]) for row in rows]
