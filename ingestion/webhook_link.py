"""A connection that lives by webhooks: the API receives them; here only what was posted in vain is fetched.

The server gives up posting after some 20 minutes and forgets what it had at a restart. So a connection with a token has
its gap repaired when a listener takes it over, and the silence watchdog compares counts from then on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from evosense.connections.addresses import AddressNotAllowed
from evosense.db.database import AWAY
from evosense.evolution.refusals import EvolutionRefused
from evosense.log import get_logger
from ingestion.held import Held
from ingestion.repair import Repairer
from ingestion.states import StateBoard

_RETRY_S = 5.0
_log = get_logger(__name__)


class WebhookLink:
    """Repairs the gap of one webhook connection; the same interface as ServerLink."""

    def __init__(self, states: StateBoard, repairer: Repairer) -> None:
        self._states = states
        self._repairer = repairer
        self._held: Held | None = None
        self._again = asyncio.Event()

    def update(self, connections: Iterable[Held]) -> None:
        """The connection to keep; a link of this kind has one."""
        self._held = next(iter(connections), self._held)

    def retry(self) -> None:
        """Try again after a refusal, because something was changed."""
        self._again.set()

    def reopen(self) -> None:
        """Nothing: there is no link of ours; what was missed has been fetched."""

    async def run(self) -> None:
        """Repair the gap, again whenever something was changed, until cancelled."""
        while (held := self._held) is not None:
            self._again.clear()
            try:
                await self._repair(held)
            except AWAY as error:
                _log.warning("gap_waits", connection_id=str(held.id), error_class=type(error).__name__)
                await asyncio.sleep(_RETRY_S)
                continue
            await self._again.wait()

    async def _repair(self, held: Held) -> None:
        gap = await self._repairer.begin(held, "start")
        if gap is None:
            return
        if not held.token:
            await self._repairer.give_up(gap, "without a token the server can't be asked for old messages")
            self._states.set(held, "live", "no_repair_no_token")
            return
        self._states.set(held, "backfilling")
        try:
            await self._repairer.repair(held, gap)
            self._states.set(held, "live")
        except EvolutionRefused as refused:
            self._states.set(held, "live", f"no_repair_{refused.reason}")
        except AddressNotAllowed as error:
            await self._repairer.give_up(gap, error.code)
            self._states.set(held, "live", f"no_repair_{error.code}")
