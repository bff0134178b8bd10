"""Knobs that make the wire misbehave, all drawn from one seeded generator.

Every knob is a fault that was seen on a real server or follows from its code (facts: duplicates since 2.3.7,
reordered emits, silent instances, cut links). Nothing here changes what the server has stored, except
`duplicate`, which stores the message twice as the real one does.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from evosense.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What goes wrong, and how often. Rates are probabilities for each event or request.

    Attributes:
        duplicate: A message arrives twice: two rows, two events.
        lose: An event is stored, and never emitted.
        reorder_window: Events are held until this many wait (or `reorder_hold_s` passed), then leave
            shuffled.
        reorder_hold_s: Longest hold in seconds.
        contacts_first: `contacts.update` overtakes its `messages.upsert`.
        cut: A link is cut in place of the event; half of the cuts fall between a packet's head and its
            attachments.
        mute: Names of instances that look connected and emit nothing ("*" for all).
        no_pings: The server stops pinging, so a client must find out by itself that the link is dead.
        http_error: A business route answers 500.
        http_delay_s: Business routes wait before they answer.
        license_required: Business routes answer as an unactivated 2.4 does: 503 LICENSE_REQUIRED.
    """

    duplicate: float = 0.0
    lose: float = 0.0
    reorder_window: int = 0
    reorder_hold_s: float = 0.25
    contacts_first: float = 0.0
    cut: float = 0.0
    mute: tuple[str, ...] = ()
    no_pings: bool = False
    http_error: float = 0.0
    http_delay_s: float = 0.0
    license_required: bool = False

    def changed(self, values: Mapping[str, object]) -> Faults:
        """A copy with some knobs turned.

        Raises:
            InvalidInput: There is no such knob.
        """
        known = {one.name for one in fields(self)}
        if unknown := sorted(set(values) - known):
            raise InvalidInput(f"There is no fault called {', '.join(unknown)}; there are: {', '.join(sorted(known))}.")
        listed = values.get("mute", self.mute)
        mute = tuple(str(name) for name in listed) if isinstance(listed, (list, tuple)) else ()
        return replace(self, **{**values, "mute": mute})

    def silences(self, instance: str) -> bool:
        """Whether this instance emits nothing at the moment."""
        return instance in self.mute or "*" in self.mute


@dataclass(slots=True)
class FaultDice:
    """The faults in force and the generator that decides which event they hit."""

    seed: int
    faults: Faults = field(default_factory=Faults)
    rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        """Same seed and same calls: same faults."""
        self.rng = random.Random(self.seed)

    def hits(self, rate: float) -> bool:
        """Throw once for a fault with this probability; a knob at zero uses no randomness."""
        return rate > 0 and self.rng.random() < rate
