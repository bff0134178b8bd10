"""Events come late, twice, in any order, while Stripe goes on and is sometimes away: the end is always the same.

Each case plays one of twenty histories step by step. Between the steps some of the events told so far arrive, some
of them again, and the worker runs, with Stripe out of reach now and then. The long profile runs 5,000 cases.
"""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable, Generator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from evosense.billing.plans import load_catalogue
from evosense.billing.project import process_due
from evosense.billing.repository import bind_customer, open_account
from evosense.billing.settle import settle
from evosense.db.database import AsyncPool, open_pool
from evosense.tenants.repository import add_tenant
from evosense.testing.stripe.histories import HISTORIES, begin
from evosense.testing.stripe.ledger import Ledger
from tests.integration.billing.accounts import LedgerPayments, dump, receive_all

CASES = 250 if os.environ.get("EVOSENSE_PROFILE") == "full" else 5
# Half of a case's time is the database's.
LANES = 3
pytestmark = pytest.mark.fuzz
_numbers = count(1)
_START = int(datetime.now(UTC).timestamp()) + 86_400


@pytest.fixture(scope="module")
def lanes(template_database) -> Generator[list[str]]:
    """Databases that are worked in side by side; in each, one case after the other, each a tenant of its own."""
    with ExitStack() as stack:
        yield [stack.enter_context(template_database.clone()) for _ in range(LANES)]


async def in_lanes(lanes: list[str], cases: int, run: Callable[[AsyncPool, int], Awaitable[None]]) -> None:
    """`run` every case; a worker takes whatever waits in its database, so cases of one never overlap."""

    async def lane(first: int, url: str) -> None:
        async with open_pool(url, "evosense_pipeline", max_size=2) as pool:
            for number in range(first, cases, len(lanes)):
                await run(pool, number)

    await asyncio.gather(*(lane(first, url) for first, url in enumerate(lanes)))


class Case:
    """One history at one tenant, in one order of arrival."""

    def __init__(self, pool, master_key, history: str) -> None:
        self.pool, self.master_key, self.history = pool, master_key, history
        # Received events are due from our own now on, so Stripe's clock starts after it.
        self.ledger = Ledger(f"{next(_numbers):06d}x", now=_START)

    async def open(self) -> None:
        async with self.pool.connection() as connection:
            self.tenant_id = await add_tenant(
                connection, self.master_key, name="Loja", plan_id="starter", status="pending"
            )
            self.life = begin(str(self.tenant_id), self.ledger)
            await open_account(connection, self.tenant_id, livemode=False)
            await bind_customer(connection, self.tenant_id, self.life.customer["id"], livemode=False)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.ledger.now, UTC)

    async def in_order(self) -> dict:
        """Each event at once, each worked in before the next step."""
        await self.open()
        for step in HISTORIES[self.history]:
            told = len(self.ledger.events)
            step(self.life)
            await receive_all(self.pool, self.ledger.events[told:])
            await process_due(self.pool, LedgerPayments(self.ledger), self.later(1))
            await process_due(
                self.pool, LedgerPayments(self.ledger), self.later(1)
            )  # disputes find their customer first
        return await self.end()

    async def in_disorder(self, chance: random.Random) -> dict:
        """Some events, some of them again, now and then; Stripe away for a third of the looks."""
        await self.open()
        payments = LedgerPayments(self.ledger, away=lambda: chance.random() < 0.35)
        for step in HISTORIES[self.history]:
            step(self.life)
            told = self.ledger.events
            arriving = [event for event in told if chance.random() < 0.5]
            chance.shuffle(arriving)
            await receive_all(self.pool, arriving, old=chance.random() < 0.5)
            if chance.random() < 0.6:
                await process_due(self.pool, payments, self.now())
        late = self.ledger.events * 2
        chance.shuffle(late)
        middle = chance.randrange(len(late))
        await receive_all(self.pool, late[:middle])
        await process_due(self.pool, payments, self.later(1))
        await receive_all(self.pool, late[middle:])
        return await self.end()

    def later(self, hours: int) -> datetime:
        return self.now() + timedelta(hours=hours)

    async def end(self) -> dict:
        """Stripe is back: the queue runs dry, then everything is looked at at one fixed time."""
        for hours in range(2, 40, 2):
            worked = await process_due(self.pool, LedgerPayments(self.ledger), self.later(hours))
            if worked.events == 0:
                break
        async with self.pool.connection() as connection, connection.transaction():
            catalogue = await load_catalogue(connection)
            await settle(connection, self.tenant_id, catalogue, self.later(40), because="time")
        found = await dump(self.pool, self.tenant_id)
        assert len(found["history"]) == len(self.ledger.events)
        return plain(found, self)


def plain(found: dict, case: Case) -> dict:
    """A dump with the case's own ids taken out, so that two cases can be compared."""
    return {name: sorted(str(row).replace(case.ledger.name, "") for row in rows) for name, rows in found.items()}


@pytest.mark.parametrize("history", HISTORIES)
async def test_any_order_ends_the_same(lanes, master_key, history):
    async with open_pool(lanes[0], "evosense_pipeline", max_size=2) as pool:
        expected = await Case(pool, master_key, history).in_order()

    async def case(pool: AsyncPool, number: int) -> None:
        seed = f"{history} {number}"
        assert await Case(pool, master_key, history).in_disorder(random.Random(seed)) == expected, seed

    await in_lanes(lanes, CASES, case)


@pytest.mark.parametrize("history", HISTORIES)
async def test_hearsay_alone_ends_the_same_in_any_order(lanes, master_key, history):
    """With Stripe away for good the events themselves decide, the newest first: still one end, whatever the order."""
    ends: dict[int, dict] = {}

    async def case(pool: AsyncPool, number: int) -> None:
        case = Case(pool, master_key, history)
        await case.open()
        for step in HISTORIES[history]:
            step(case.life)
        away = LedgerPayments(case.ledger, away=lambda: True)
        events = case.ledger.events * 2
        if number:
            random.Random(number).shuffle(events)
        for at in range(0, len(events), 7):
            await receive_all(pool, events[at : at + 7])
            await process_due(pool, away, case.later(1))
        found = await dump(pool, case.tenant_id)
        ends[number] = plain({name: found[name] for name in ("subscriptions", "items", "invoices")}, case)

    await in_lanes(lanes, max(CASES // 2, 3), case)
    assert all(end == ends[0] for end in ends.values())
    assert ends[0]["subscriptions"]
