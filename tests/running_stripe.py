"""The stand-in for Stripe beside a running demo, in a thread of its own: a browser's driver holds the test's loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Generator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Thread
from typing import Any, TypeVar

from evosense.billing.gateway import StripeGateway
from evosense.billing.project import process_due
from evosense.db.database import open_pool
from evosense.testing.stripe.__main__ import tell
from evosense.testing.stripe.ledger import Ledger
from evosense.testing.stripe.server import StripeStandIn, stand_in
from tests.running_demo import RunningDemo

_KEY, _SECRET = "sk_test_of_the_stand_in", "whsec_of_the_stand_in"
_PATIENCE_SECONDS = 60.0
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class RunningStripe:
    """A started stand-in."""

    server: StripeStandIn
    loop: asyncio.AbstractEventLoop
    telling: list[Future[None]] = field(default_factory=list["Future[None]"])

    @property
    def settings(self) -> dict[str, str]:
        """The environment in which EvoSense asks it."""
        return {"STRIPE_SECRET_KEY": _KEY, "STRIPE_WEBHOOK_SECRET": _SECRET, "STRIPE_API_BASE": self.server.url}

    def run(self, work: Coroutine[Any, Any, _Answer]) -> _Answer:
        """Its answer, from the thread of the stand-in."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(_PATIENCE_SECONDS)

    def tell(self, demo: RunningDemo) -> None:
        """From here on the demo hears of every event, by webhooks."""
        url = f"{demo.info['api_url']}/api/webhooks/stripe"
        self.telling.append(asyncio.run_coroutine_threadsafe(tell(self.server.ledger, url, _SECRET), self.loop))

    def work_in(self, demo: RunningDemo) -> None:
        """Wait until all events have arrived, and do with them what Dagster's sensor does."""
        demo.wait_for("select count(*) from app.stripe_event", at_least=len(self.server.ledger.events))
        self.run(self._process(demo.info["database_url"]))

    async def _process(self, url: str) -> None:
        gateway = StripeGateway(_KEY, api_base=self.server.url)
        async with open_pool(url, "evosense_pipeline", max_size=2) as pool:
            await process_due(pool, gateway, datetime.now(UTC))
        await gateway.close()


@contextmanager
def running_stripe() -> Generator[RunningStripe]:
    """A stand-in with an empty account; what it knows is gone when it ends."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    serving = stand_in(Ledger(now=int(time.time())))
    server = asyncio.run_coroutine_threadsafe(serving.__aenter__(), loop).result(_PATIENCE_SECONDS)
    running = RunningStripe(server, loop)
    try:
        yield running
    finally:
        for each in running.telling:
            each.cancel()
        running.run(serving.__aexit__(None, None, None))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
