"""When a part that died is started again, and when the stack gives up on it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RestartPolicy:
    """Back-off doubles from `first_seconds` to `cap_seconds`; a death within `quick_seconds` of the start is quick.

    After `give_up_after` quick deaths in a row the stack stops: something is wrong that a restart won't mend.
    """

    first_seconds: float = 0.5
    cap_seconds: float = 30.0
    quick_seconds: float = 20.0
    give_up_after: int = 5


@dataclass
class DeathRecord:
    """The deaths of one part."""

    policy: RestartPolicy
    clock: Callable[[], float] = time.monotonic
    quick_deaths: int = 0
    _started: float = field(default=0.0, init=False)

    def started(self) -> None:
        """Note a start."""
        self._started = self.clock()

    def died(self) -> float | None:
        """Note a death; seconds to wait before the next start, or None to give up."""
        policy = self.policy
        quick = self.clock() - self._started < policy.quick_seconds
        self.quick_deaths = self.quick_deaths + 1 if quick else 1
        if quick and self.quick_deaths >= policy.give_up_after:
            return None
        return min(policy.first_seconds * 2 ** (self.quick_deaths - 1), policy.cap_seconds)
