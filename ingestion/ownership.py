"""Whether a connection's token is really its instance's, asked before anything of the instance is taken.

The server's socket lets any valid token into any namespace, so being let in proves nothing. Its HTTP API does check: a
token may ask for its own instance only. So a connection is joined only after the API has answered for its instance;
otherwise a company that names another company's instance on the same server would hear it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from evosense.connections.addresses import checked_address
from evosense.db.database import AWAY
from evosense.errors import UpstreamTransient
from evosense.evolution.client import EvolutionClient
from evosense.evolution.refusals import EvolutionRefused
from evosense.log import get_logger
from evosense.settings import Networks
from ingestion.held import Held
from ingestion.states import StateBoard

_AT_ONCE: Final = 8
_FIRST_RETRY_S: Final = 1.0
_LAST_RETRY_S: Final = 30.0
_log = get_logger(__name__)
_Proof = tuple[UUID, str, str, bytes]


class Ownership:
    """One per process; what was proven once is not asked again until address, instance or token change."""

    def __init__(self, states: StateBoard, *, allowed: Networks) -> None:
        self._states = states
        self._allowed = allowed
        self._proven: set[_Proof] = set()
        self._turns = asyncio.Semaphore(_AT_ONCE)

    def is_proven(self, held: Held) -> bool:
        """Whether the token was shown to be the instance's."""
        return _proof(held) in self._proven

    async def prove(self, held: Held) -> None:
        """Ask the server, which also tells the phone's state: events tell it only when it changes.

        Raises:
            EvolutionRefused: it refuses; `http_404` when it knows no such instance yet.
            UpstreamTransient: it is away.
            AddressNotAllowed: its address is private.
        """
        if self.is_proven(held):
            return
        listening = held.listening
        async with self._turns:
            pinned = await checked_address(listening.server_url, allowed=self._allowed)
            async with EvolutionClient(listening.server_url, held.token, pinned_host=pinned.host) as client:
                phone = await client.connection_state(listening.instance)
        if phone is not None:
            self._states.phone(held, phone)
        self._proven.add(_proof(held))

    async def wait_for_proof(
        self, held: Held, before: Callable[[], Awaitable[None]], unknown: Callable[[str], None]
    ) -> None:
        """Ask until there is an answer; runs `before` each time, and tells `unknown` why there is none yet.

        Raises:
            EvolutionRefused: the token is not the instance's.
        """
        delay = _FIRST_RETRY_S
        while True:
            try:
                await before()
                await self.prove(held)
            except EvolutionRefused as refused:
                if refused.reason != "http_404":  # the instance may still be made
                    raise
                unknown(refused.reason)
            except (UpstreamTransient, *AWAY) as error:
                _log.warning("proof_waits", connection_id=str(held.id), error_class=type(error).__name__)
            else:
                return
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LAST_RETRY_S)


def _proof(held: Held) -> _Proof:
    listening = held.listening
    return (held.id, listening.server_url, listening.instance, hashlib.sha256(held.token.encode()).digest())
