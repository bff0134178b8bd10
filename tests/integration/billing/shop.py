"""A tenant that buys: its API, its worker and its Stripe, with a clock that can be set forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from evosense.billing.access import load_entitlements, load_page
from evosense.billing.change import change_plan
from evosense.billing.limits import reserve
from evosense.billing.project import process_due
from evosense.billing.subscribe import Pages, start_checkout
from evosense.db.ids import new_id
from evosense.db.tenancy import tenant_transaction
from evosense.testing.stripe import checkouts, invoices
from evosense.testing.stripe.clock import advance
from evosense.testing.stripe.ledger import DAY
from tests.integration.billing.accounts import receive_all

PAGES = Pages("https://app.example/billing?ok", "https://app.example/billing")


class Shop:
    """A tenant, its API, its worker and its Stripe."""

    def __init__(self, api_pool, pipeline_pool, payments, stripe, admin) -> None:
        self.api, self.pipeline, self.payments, self.stripe, self.admin = (
            api_pool,
            pipeline_pool,
            payments,
            stripe,
            admin,
        )

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.stripe.ledger.now, UTC)

    async def checkout(self, plan_id="pro", addons=None):
        return await start_checkout(self.api, self.payments, self.admin, plan_id, addons or {}, PAGES, self.now())

    async def buy(self, plan_id="pro", addons=None, method="card"):
        page = await self.checkout(plan_id, addons)
        checkouts.pay_checkout(
            self.stripe.ledger, self.stripe.ledger.get("checkout.session", page.checkout_id), method=method
        )
        await self.catch_up()

    async def catch_up(self):
        await receive_all(self.api, self.stripe.ledger.events)
        await process_due(self.pipeline, self.payments, self.now() + timedelta(seconds=5))

    async def change(self, plan_id, **more):
        changed = await change_plan(self.api, self.payments, self.admin, plan_id, self.now(), **more)
        await self.catch_up()
        return changed

    async def end(self, subscription):
        invoices.end_subscription(self.stripe.ledger, subscription)
        await self.catch_up()

    async def allowed(self):
        async with tenant_transaction(self.api, self.admin) as connection:
            return await load_entitlements(connection, self.admin.tenant_id, now=self.now())

    async def page(self):
        async with tenant_transaction(self.api, self.admin) as connection:
            return await load_page(connection, self.admin.tenant_id, now=self.now())

    def pass_days(self, days):
        advance(self.stripe.ledger, int(days * DAY))

    @property
    def paid(self) -> list[int]:
        return [payment["amount"] for payment in self.stripe.ledger.payments]


async def add_connections(shop, number) -> None:
    async with tenant_transaction(shop.api, shop.admin) as connection:
        allowed = await load_entitlements(connection, shop.admin.tenant_id, now=shop.now())
        for _ in range(number):
            await reserve(connection, shop.admin.tenant_id, "connections", allowed)
            await connection.execute(
                "insert into app.connection (tenant_id, id, name, server_url, instance) "
                "values (%s, %s, %s, 'https://e', %s)",
                (shop.admin.tenant_id, new_id(), new_id().hex, new_id().hex),
            )
