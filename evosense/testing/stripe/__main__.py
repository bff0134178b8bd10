"""`python -m evosense.testing.stripe`: the stand-in as a process with pages to click on; events go to `--webhook`.

When it listens it prints one line of JSON: the settings that EvoSense needs. What it knows is gone when it ends.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import time

import aiohttp

from evosense.testing.stripe.ledger import Ledger
from evosense.testing.stripe.server import stand_in
from evosense.testing.stripe.webhooks import deliver

_SECRET = "whsec_of_the_stand_in"  # noqa: S105 - it guards nothing
_EVERY_SECONDS = 0.5


async def tell(ledger: Ledger, url: str, secret: str) -> None:
    """Post each event to `url` until it is taken, in order, for ever."""
    told = 0
    while True:
        try:
            while told < len(ledger.events):
                [status] = await deliver(ledger.events[told : told + 1], url, secret)
                told += status < 500
        except aiohttp.ClientError:
            pass  # nobody listens yet: it is told again
        await asyncio.sleep(_EVERY_SECONDS)


async def _serve(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    ledger = Ledger(now=int(time.time()))
    async with stand_in(ledger, port=arguments.port) as stripe:
        settings = {
            "STRIPE_SECRET_KEY": "sk_test_of_the_stand_in",
            "STRIPE_WEBHOOK_SECRET": _SECRET,
            "STRIPE_API_BASE": stripe.url,
        }
        sys.stdout.write(json.dumps(settings) + "\n")
        sys.stdout.flush()
        telling = asyncio.create_task(tell(ledger, arguments.webhook, _SECRET))
        await stop.wait()
        telling.cancel()


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m evosense.testing.stripe")
    parser.add_argument("--port", type=int, default=12111)
    parser.add_argument("--webhook", default="http://127.0.0.1:8000/api/webhooks/stripe", help="where events go")
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
