"""Fixtures of the billing tests."""

from collections.abc import AsyncGenerator, Generator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from evosense.billing.gateway import StripeGateway
from evosense.db.tenancy import Actor
from evosense.testing.postgres import TemplateDatabase
from evosense.testing.stripe.ledger import Ledger
from evosense.testing.stripe.server import StripeStandIn, stand_in
from tests.integration.billing.shop import Shop
from tests.integration.emptied_database import cloned, empty


@pytest.fixture(scope="module")
def module_database_url(template_database: TemplateDatabase) -> Generator[str]:
    yield from cloned(template_database)


@pytest.fixture
def database_url(module_database_url: str) -> str:
    """The module's database, empty."""
    empty(module_database_url)
    return module_database_url


@pytest.fixture
async def stripe() -> AsyncGenerator[StripeStandIn]:
    """A fresh account behind a socket."""
    async with stand_in(Ledger(now=int(datetime.now(UTC).timestamp()))) as server:
        yield server


@pytest.fixture
async def payments(stripe: StripeStandIn) -> AsyncGenerator[StripeGateway]:
    """The real client, talking to it."""
    gateway = StripeGateway("sk_test_x", api_base=stripe.url)
    yield gateway
    await gateway.close()


@pytest.fixture
def admin(tenant_id: UUID) -> Actor:
    """An administrator of the tenant."""
    return Actor(tenant_id, None, "admin")


@pytest.fixture
async def shop(api_pool, pipeline_pool, payments, stripe, admin) -> Shop:
    stripe.ledger.now += 60
    return Shop(api_pool, pipeline_pool, payments, stripe, admin)
