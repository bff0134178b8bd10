"""Retries are at most a tenth of the calls, so that a backend in trouble is not given more to do."""

from __future__ import annotations

from collections.abc import Callable

_SHARE = 0.1
_MOST = 50.0
# Low traffic earns little by its calls; this keeps its retries going.
_PER_SECOND = 1.0


class RetryBudget:
    """Tokens: a first call earns a tenth of one, a retry takes one. `now` tells monotonic seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._tokens = _MOST
        self._at = now()

    def spend(self, *, is_retry: bool) -> bool:
        """Whether this call may be made now."""
        now = self._now()
        self._tokens = min(self._tokens + _PER_SECOND * (now - self._at), _MOST)
        self._at = now
        if not is_retry:
            self._tokens = min(self._tokens + _SHARE, _MOST)
            return True
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
