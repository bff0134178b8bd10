"""The demo's two companies: tenants, people and their connections to the stand-in Evolution server.

Running it again changes nothing, except that the connections follow the stand-in to another port. Passwords are
derived from the data folder's secret, so they need no storing and survive a restart.
"""

from __future__ import annotations

import base64
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.connections.repository import add_connection, list_connections, move_connection
from evosense.db.database import connect
from evosense.errors import NotFound
from evosense.tenants.keys import MasterKey, TenantKeys, derive_key
from evosense.tenants.models import UserRole
from evosense.tenants.passwords import hash_password
from evosense.tenants.repository import add_tenant, add_user, get_tenant, open_keys
from evosense.testing.evolution.config import DEMO_INSTANCES, InstanceSpec


@dataclass(frozen=True)
class DemoUser:
    """A login of the demo, as demo.json shows it."""

    tenant_id: str
    email: str
    password: str
    role: str


@dataclass(frozen=True)
class _Person:
    name: str
    role: UserRole
    email: str


@dataclass(frozen=True)
class _Company:
    tenant_id: UUID
    name: str
    instance: InstanceSpec
    people: tuple[_Person, ...]


COMPANIES = (
    _Company(
        UUID("019a0000-0000-7000-8000-000000000001"),
        "Loja Aurora",
        DEMO_INSTANCES[0],
        (
            _Person("Helena Duarte", "admin", "helena@loja-aurora.example"),
            _Person("Caio Nogueira", "analyst", "caio@loja-aurora.example"),
        ),
    ),
    _Company(
        UUID("019a0000-0000-7000-8000-000000000002"),
        "Clínica Sorriso",
        DEMO_INSTANCES[1],
        (
            _Person("Marina Prado", "admin", "marina@clinica-sorriso.example"),
            _Person("Rafael Teles", "operator", "rafael@clinica-sorriso.example"),
        ),
    ),
)


def demo_users(secret_key: str) -> list[DemoUser]:
    """All logins with their passwords (20 letters and digits each)."""
    return [
        DemoUser(str(company.tenant_id), person.email, _password(secret_key, person.email), person.role)
        for company in COMPANIES
        for person in company.people
    ]


async def seed_demo(url: str, secret_key: str, evolution_url: str) -> int:
    """Create the companies that are missing and let their connections point to `evolution_url`; counts the created."""
    master = MasterKey.from_secret(secret_key)
    made = 0
    async with await connect(url, "evosense_pipeline", autocommit=False) as connection:
        for company in COMPANIES:
            made += await _ensure_company(connection, master, company, secret_key)
            keys = await open_keys(connection, master, company.tenant_id)
            await _ensure_connection(connection, keys, company, evolution_url)
    return made


async def _ensure_company(
    connection: AsyncConnection[Any], master: MasterKey, company: _Company, secret_key: str
) -> bool:
    with suppress(NotFound):
        await get_tenant(connection, company.tenant_id)
        return False
    await add_tenant(connection, master, name=company.name, tenant_id=company.tenant_id)
    for person in company.people:
        await add_user(
            connection,
            tenant_id=company.tenant_id,
            email=person.email,
            name=person.name,
            role=person.role,
            password_hash=hash_password(_password(secret_key, person.email)),
        )
    return True


async def _ensure_connection(
    connection: AsyncConnection[Any], keys: TenantKeys, company: _Company, evolution_url: str
) -> None:
    instance = company.instance
    existing = await list_connections(connection, company.tenant_id)
    found = next((one for one in existing if one.instance == instance.name), None)
    if found is None:
        await add_connection(
            connection,
            keys,
            name=instance.profile_name or instance.name,
            server_url=evolution_url,
            instance=instance.name,
            token=instance.token,
        )
    elif found.server_url != evolution_url:
        await move_connection(connection, company.tenant_id, found.id, evolution_url)


def _password(secret_key: str, email: str) -> str:
    return base64.b32encode(derive_key(secret_key, f"demo login {email}")).decode().lower()[:20]
