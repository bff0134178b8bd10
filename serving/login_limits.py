"""How often somebody may try to log in: by account against guessing, by address against spraying.

Only failures count for an account, so a person who logs in often is never locked out; all attempts count for an
address, since each costs a password check. All API processes count together.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from serving.rates import Rate, SharedCounts

_TOO_MANY = "Too many attempts to log in; wait and try again"


@dataclass(frozen=True, slots=True)
class LoginRates:
    """The defaults are 8 failures, 120 attempts and 60 refused refreshes in 5 minutes, and 5 mails an hour."""

    failures_per_account: Rate = field(default=Rate(8, 300))
    attempts_per_address: Rate = field(default=Rate(120, 300))
    mails_per_account: Rate = field(default=Rate(5, 3600))
    refused_refreshes_per_address: Rate = field(default=Rate(60, 300))


class LoginLimits:
    """Counts log-in attempts in a sliding window."""

    def __init__(self, counts: SharedCounts, rates: LoginRates) -> None:
        self._counts = counts
        self._rates = rates

    async def check(self, email: str, address: str) -> None:
        """Raise RateLimited when either has tried too often; counts the attempt for the address."""
        rate = self._rates.failures_per_account
        await self._counts.require(rate, "login account", _normal(email), detail=_TOO_MANY, count=False)
        await self.check_address(address)

    async def check_address(self, address: str) -> None:
        """Raise RateLimited when an address has tried too often; counts the attempt."""
        await self._counts.require(self._rates.attempts_per_address, "login address", address, detail=_TOO_MANY)

    async def check_mail(self, email: str, address: str) -> None:
        """Raise RateLimited when too many mails were asked for, to an account or from an address; counts this one."""
        await self.check_address(address)
        await self._counts.require(self._rates.mails_per_account, "login mail", _normal(email), detail=_TOO_MANY)

    async def check_refresh(self, address: str) -> None:
        """Raise RateLimited when too many refreshes from an address were refused. Good ones never count."""
        rate = self._rates.refused_refreshes_per_address
        await self._counts.require(rate, "refresh address", address, detail=_TOO_MANY, count=False)

    async def refused_refresh(self, address: str) -> None:
        """Count a refresh that was refused."""
        await self._counts.take(self._rates.refused_refreshes_per_address, "refresh address", address)

    async def failed(self, email: str) -> None:
        """Count a failure for the account, whether or not it exists."""
        await self._counts.take(self._rates.failures_per_account, "login account", _normal(email))


def _normal(email: str) -> str:
    return email.strip().lower()
