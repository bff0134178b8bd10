"""How often somebody may try to log in: by account against guessing, by address against spraying.

Only failures count for an account, so a person who logs in often is never locked out; all attempts count for an
address, since each costs a password check. Counts live in this process; several processes allow that many times more.
"""

from __future__ import annotations

import hashlib
import time

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from evosense.errors import RateLimited

FAILURES_PER_ACCOUNT = RateLimitItemPerMinute(8, 5)
ATTEMPTS_PER_ADDRESS = RateLimitItemPerMinute(120, 5)
MAILS_PER_ACCOUNT = RateLimitItemPerHour(5)


class LoginLimits:
    """Counts log-in attempts in a moving window."""

    def __init__(
        self,
        *,
        failures_per_account: RateLimitItem = FAILURES_PER_ACCOUNT,
        attempts_per_address: RateLimitItem = ATTEMPTS_PER_ADDRESS,
    ) -> None:
        """The defaults are 8 failures and 120 attempts in 5 minutes."""
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._account = failures_per_account
        self._address = attempts_per_address

    async def check(self, email: str, address: str) -> None:
        """Raise RateLimited when either has tried too often; counts the attempt for the address."""
        if not await self._limiter.test(self._account, "account", _key(email)):
            raise await self._refusal(self._account, "account", _key(email))
        await self.check_address(address)

    async def check_address(self, address: str) -> None:
        """Raise RateLimited when an address has tried too often; counts the attempt."""
        if not await self._limiter.hit(self._address, "address", address):
            raise await self._refusal(self._address, "address", address)

    async def check_mail(self, email: str, address: str) -> None:
        """Raise RateLimited when too many mails were asked for, to an account or from an address; counts this one."""
        await self.check_address(address)
        if not await self._limiter.hit(MAILS_PER_ACCOUNT, "mail", _key(email)):
            raise await self._refusal(MAILS_PER_ACCOUNT, "mail", _key(email))

    async def failed(self, email: str) -> None:
        """Count a failure for the account, whether or not it exists."""
        await self._limiter.hit(self._account, "account", _key(email))

    async def _refusal(self, item: RateLimitItem, *key: str) -> RateLimited:
        window = await self._limiter.get_window_stats(item, *key)
        seconds = max(1, int(window.reset_time - time.time()) + 1)
        return RateLimited("Too many attempts; wait and try again", retry_after_seconds=seconds)


def _key(email: str) -> str:
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()
