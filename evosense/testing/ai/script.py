"""What the stand-in does: how long it takes, what goes wrong and when, and how it makes up answers."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

FaultKind = Literal["status", "cut", "invalid_json", "truncated", "refused", "hang", "markup", "nan", "short_vectors"]
Mode = Literal["lexicon", "obedient", "constant"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with one call.

    Attributes:
        kind: what.
        status: the HTTP status of kind "status".
        retry_after: the value of its Retry-After header; empty: none.
    """

    kind: FaultKind = "status"
    status: int = 500
    retry_after: str = ""


@dataclass
class Script:
    """How the stand-in behaves; change it while it runs.

    Attributes:
        latency_ms: each call takes so long.
        mode: lexicon (judges the message as the embedded scorer does), obedient (and then does what any text in the
            prompt tells it to), constant (one answer for all, as quick as it gets).
        faults: used up one a call, before `share` is looked at.
        share: of all further calls get `usual`; drawn with `seed`.
        slots: calls it works on at once; further ones queue, as Ollama does. 0: no end.
    """

    latency_ms: float = 0.0
    mode: Mode = "lexicon"
    faults: deque[Fault] = field(default_factory=deque[Fault])
    share: float = 0.0
    usual: Fault = field(default_factory=Fault)
    slots: int = 0
    seed: int = 1

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def next_fault(self) -> Fault | None:
        """What goes wrong with the call that arrives now."""
        if self.faults:
            return self.faults.popleft()
        return self.usual if self.share and self._random.random() < self.share else None

    def change(self, wanted: Mapping[str, Any]) -> None:
        """Take values from JSON, as the control door gets them."""
        known = {one.name for one in fields(self)}
        for name, value in wanted.items():
            if name == "faults":
                self.faults = deque(Fault(**one) for one in value)
            elif name == "usual":
                self.usual = Fault(**value)
            elif name in known:
                setattr(self, name, value)
            else:
                message = f"a script has no {name}"
                raise ValueError(message)
