"""Add a company from the command line."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from uuid import UUID

import psycopg

from evosense.billing.agreements import begin_trial
from evosense.db.database import connect
from evosense.errors import Conflict, InvalidInput
from evosense.tenants.emails import check_email
from evosense.tenants.keys import MasterKey
from evosense.tenants.models import Tenant
from evosense.tenants.passwords import hash_password
from evosense.tenants.repository import add_tenant, add_user, list_tenants


@dataclass(frozen=True)
class NewTenant:
    """What is asked for; `timezone` is an IANA name. With `trial` a subscription is needed after the plan's trial."""

    name: str
    email: str
    person: str
    plan_id: str
    timezone: str
    trial: bool = False
    livemode: bool = False


async def add_company(url: str, secret_key: str, company: NewTenant) -> tuple[UUID, str]:
    """Make the tenant with its keys and its administrator; answers its id and the generated password.

    Raises:
        Conflict: the e-mail belongs to somebody already.
        InvalidInput: unknown plan or timezone, or an e-mail that is none.
    """
    check_email(company.email)
    password = secrets.token_urlsafe(12)
    try:
        async with await connect(url, "evosense_pipeline", autocommit=False) as connection:
            tenant_id = await add_tenant(
                connection,
                MasterKey.from_secret(secret_key),
                name=company.name,
                plan_id=company.plan_id,
                timezone=company.timezone,
            )
            await add_user(
                connection,
                tenant_id=tenant_id,
                email=company.email,
                name=company.person,
                role="admin",
                password_hash=hash_password(password),
            )
            if company.trial:
                await begin_trial(connection, tenant_id, livemode=company.livemode, actor="command line")
    except psycopg.errors.UniqueViolation as error:
        raise Conflict("somebody logs in with this e-mail already; choose another one") from error
    except (psycopg.errors.ForeignKeyViolation, psycopg.errors.CheckViolation) as error:
        raise InvalidInput("there is no such plan (starter, pro, scale, enterprise), or a name is empty") from error
    return tenant_id, password


async def companies(url: str) -> list[Tenant]:
    """All tenants that are not canceled."""
    async with await connect(url, "evosense_pipeline") as connection:
        return await list_tenants(connection)
