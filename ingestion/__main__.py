"""`python -m ingestion`: listen to every connection until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import sys

from evosense import log
from evosense.errors import ConfigurationError
from evosense.settings import DatabaseSettings, EvolutionSettings, SecuritySettings, load
from evosense.tenants.keys import MasterKey
from ingestion.listener import Listener, ListenerConfig


def _config() -> ListenerConfig:
    database, security, evolution = load(DatabaseSettings), load(SecuritySettings), load(EvolutionSettings)
    previous = security.secret_key_previous
    master = MasterKey.from_secret(
        security.secret_key.get_secret_value(), previous.get_secret_value() if previous else None
    )
    return ListenerConfig(
        url=database.require_url(),
        direct_url=database.require_direct_url(),
        master=master,
        allowed=evolution.evo_allowed_networks,
        port=evolution.listener_port,
    )


async def _run(config: ListenerConfig) -> bool:
    """Listen until a signal; False when the listener ended by itself."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with Listener.running(config) as listener:
        ends = [asyncio.create_task(event.wait()) for event in (stop, listener.lost)]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()
        return not listener.lost.is_set()


def main() -> int:
    """Run; answers the exit code: 0 after a graceful stop, 1 when a task was lost, 2 for a wrong setting."""
    log.configure()
    try:
        return 0 if asyncio.run(_run(_config())) else 1
    except ConfigurationError as error:
        print(error.detail, file=sys.stderr)  # noqa: T201 - for the person who started it
        return 2


if __name__ == "__main__":
    sys.exit(main())
