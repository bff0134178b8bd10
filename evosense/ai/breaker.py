"""A circuit breaker per backend, so that a server that is away is left alone and nobody's tries are used up.

Opens at half failures of at least 20 calls in 30 s; after three calls in a row that reached nobody or five that were
never answered; at once when the key, the address or the model is refused. Half-open lets one call through; the pause
between such probes doubles up to a minute. Refusals that are the question's own fault (other 4xx) and rate limits are
no failures of the backend.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from evosense.ai.protocols import CallFailure, ScoringAnswer

_WINDOW_SECONDS = 30.0
_LEAST_CALLS = 20
_SHARE = 0.5
# Points of calls in a row that brought no sign of life, and how many open it.
_SILENCE = {"unreachable": 5, "tls": 5, "timeout": 3}
_MOST_SILENCE = 15
_FIRST_PAUSE_SECONDS = 2.0
_LONGEST_PAUSE_SECONDS = 60.0
# The address, the key or the model is wrong: every question would be refused alike until an operator acts.
SHUT_OUT = frozenset((401, 403, 404))


class Breaker:
    """Closed, open or half-open. `now` tells monotonic seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._calls: deque[tuple[float, bool]] = deque()
        self._silence = 0
        self._pause = _FIRST_PAUSE_SECONDS
        self._open_until: float | None = None
        self._probing = False
        self._rest_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether calls are kept back, but for a probe."""
        return self._open_until is not None

    def wait_seconds(self) -> float:
        """0 when a call may be made now, else how long until it is worth looking again."""
        now = self._now()
        if now < self._rest_until:
            return self._rest_until - now
        if self._open_until is None:
            return 0.0
        if self._probing:
            return _FIRST_PAUSE_SECONDS
        return max(self._open_until - now, 0.0)

    def enter(self) -> bool:
        """Whether this call may be made; when half-open, only the first one may."""
        if self.wait_seconds() > 0:
            return False
        if self._open_until is not None:
            self._probing = True
        return True

    def abandon(self) -> None:
        """A call that `enter` let through was not made after all."""
        self._probing = False

    def learn(self, result: ScoringAnswer | CallFailure) -> None:
        """Open or close by how a call went."""
        if isinstance(result, CallFailure) and result.http_status == 429:
            # Rate limited is alive: it rests for as long as it asks.
            self._rest_until = max(self._rest_until, self._now() + (result.retry_after_seconds or 0.0))
            self._probing = False
            return
        failed = is_failure_of_backend(result)
        self._count(result, failed)
        if self._open_until is not None:
            self._after_probe(failed)
        elif failed and (self._silence >= _MOST_SILENCE or self._mostly_failing()):
            self._open()

    def _count(self, result: ScoringAnswer | CallFailure, failed: bool) -> None:
        now = self._now()
        self._calls.append((now, failed))
        while self._calls and self._calls[0][0] < now - _WINDOW_SECONDS:
            self._calls.popleft()
        if isinstance(result, ScoringAnswer) or not failed:
            self._silence = 0
        elif is_shut_out(result):
            self._silence = _MOST_SILENCE
        else:
            self._silence += _SILENCE.get(result.error_class, 0)

    def _mostly_failing(self) -> bool:
        failures = sum(failed for _, failed in self._calls)
        return len(self._calls) >= _LEAST_CALLS and failures >= _SHARE * len(self._calls)

    def _after_probe(self, failed: bool) -> None:
        if not self._probing:
            return  # a call that was in flight when it opened
        self._probing = False
        if failed:
            self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)
            self._open()
        else:
            self._open_until = None
            self._pause = _FIRST_PAUSE_SECONDS
            self._calls.clear()

    def _open(self) -> None:
        self._open_until = self._now() + self._pause


def is_failure_of_backend(result: ScoringAnswer | CallFailure) -> bool:
    """Whether a result says that the backend is not well, rather than that one question was wrong."""
    if isinstance(result, ScoringAnswer):
        return False
    status = result.http_status
    if status is None:
        return result.retryable
    return status >= 500 or status in SHUT_OUT or status == 408


def is_shut_out(result: CallFailure) -> bool:
    """Whether the key, the address or the model was refused: every other question would be, too."""
    return result.http_status in SHUT_OUT
