"""Fixtures of the billing tests."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from evosense.billing.gateway import StripeGateway
from evosense.db.tenancy import Actor
from evosense.testing.stripe.ledger import Ledger
from evosense.testing.stripe.server import StripeStandIn, stand_in


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
