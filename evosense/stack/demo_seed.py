"""The demo's two companies: tenants, people and their connections to the stand-in Evolution server.

Running it again changes nothing, except that the connections follow the stand-in to another port. Passwords are
derived from the data folder's secret, so they need no storing and survive a restart.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from uuid import UUID

from evosense.db.database import connect
from evosense.errors import NotFound
from evosense.tenants.keys import MasterKey, derive_key
from evosense.tenants.models import UserRole
from evosense.tenants.passwords import hash_password
from evosense.tenants.repository import add_tenant, add_user, get_tenant


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
    people: tuple[_Person, ...]


COMPANIES = (
    _Company(
        UUID("019a0000-0000-7000-8000-000000000001"),
        "Loja Aurora",
        (
            _Person("Helena Duarte", "admin", "helena@loja-aurora.example"),
            _Person("Caio Nogueira", "analyst", "caio@loja-aurora.example"),
        ),
    ),
    _Company(
        UUID("019a0000-0000-7000-8000-000000000002"),
        "Clínica Sorriso",
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


async def seed_demo(url: str, secret_key: str) -> int:
    """Create the companies that are missing; answers how many were."""
    master = MasterKey.from_secret(secret_key)
    made = 0
    connection = await connect(url, "evosense_pipeline", autocommit=False)
    async with connection:
        for company in COMPANIES:
            try:
                await get_tenant(connection, company.tenant_id)
            except NotFound:
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
                made += 1
    return made


def _password(secret_key: str, email: str) -> str:
    return base64.b32encode(derive_key(secret_key, f"demo login {email}")).decode().lower()[:20]
