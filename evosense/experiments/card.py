"""The card of a comparison: every number of a report, as plain dataclasses that become canonical JSON."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from evosense.experiments.models import Arm, Outcome, Question

VERSION = 1
# Beyond this many digits two machines' linear algebra may differ, and with it the report's hash.
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Effect:
    """Candidate minus baseline on one measure, with everything one must know to believe it.

    `p` is the sign-flip p, `low`/`high` the clustered t interval, `boot_low`/`boot_high` the cluster bootstrap's;
    `adjusted_p` is Holm's over the secondary measures (the primary's: over the candidates that were compared at once).
    `moved` is how far a message's number moves from baseline to candidate on average (mean absolute difference),
    `noise_floor` how far the baseline's own moves when it is asked twice; None where it never was.
    """

    measure: str
    unit: str
    higher_is_better: bool
    n: int
    chats: int
    mean_a: float
    mean_b: float
    delta: float
    se: float
    low: float
    high: float
    p: float
    t_p: float
    wilcoxon_p: float
    adjusted_p: float
    boot_low: float
    boot_high: float
    deff: float
    icc: float
    effective_chats: float
    moved: float = math.nan
    noise_floor: float | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """A yes/no measure: both rates with Wilson intervals, Newcombe's interval of the difference, McNemar clustered."""

    measure: str
    rate_a: float
    rate_b: float
    interval_a: tuple[float, float]
    interval_b: tuple[float, float]
    delta: float
    low: float
    high: float
    gained: int
    lost: int
    p: float


@dataclass(frozen=True, slots=True)
class Percentile:
    """Latency at one percentile, candidate minus baseline in ms."""

    share: float
    a: float
    b: float
    delta: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One agreement coefficient between the arms with its interval; `n` says on how many messages."""

    name: str
    estimate: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts of the baseline's category (rows) by the candidate's (columns)."""

    column: str
    categories: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class NoiseFloor:
    """How often the champion disagrees with itself, and how much more the candidate disagrees with it."""

    n: int
    chats: int
    self_disagreement: float
    cross_disagreement: float
    excess: float
    low: float
    high: float
    p: float
    self_difference: float


@dataclass(frozen=True, slots=True)
class Slice:
    """The primary measure on a part of the messages; `adjusted_p` is Benjamini-Hochberg over all slices."""

    dimension: str
    value: str
    n: int
    chats: int
    delta: float
    low: float
    high: float
    shrunken: float
    p: float
    adjusted_p: float
    is_claimed: bool
    deff: float = math.nan
    icc: float = math.nan
    effective_chats: float = math.nan


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition for promotion, with the numbers it rests on."""

    name: str
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class Calibration:
    """Both arms held against human labels: error, bias, and the mean a person would give (prediction-powered).

    `calibrated_mae_…` is the error that is left when each arm's scale is bent to the people's first (isotonic,
    cross-fitted by chat): what order and spread are worth, apart from the scale. None below five labelled chats.
    """

    labels: int
    raters: int
    mae_a: float
    mae_b: float
    mae_delta: float
    mae_low: float
    mae_high: float
    mae_p: float
    bias_a: float
    bias_b: float
    truth: float
    truth_low: float
    truth_high: float
    alpha_raters: float | None
    calibrated_mae_a: float | None = None
    calibrated_mae_b: float | None = None


@dataclass(frozen=True, slots=True)
class Validity:
    """How well chat means predict an outcome: AUC of either arm and the paired difference."""

    outcome: str
    chats: int
    events: int
    auc_a: float
    auc_b: float
    delta: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the comparison stands on. Missing and unusable answers are counted, never passed over."""

    items: int
    paired: int
    chats: int
    statuses_a: dict[str, int]
    statuses_b: dict[str, int]
    rank_subsample: int


@dataclass(frozen=True, slots=True)
class Card:
    """One comparison of two arms on one dataset."""

    dataset_hash: str
    baseline: Arm
    candidate: Arm
    question: Question
    seed: int
    coverage: Coverage
    effects: tuple[Effect, ...]
    rates: tuple[Rate, ...]
    latency: tuple[Percentile, ...]
    agreement: tuple[Coefficient, ...]
    confusions: tuple[Confusion, ...]
    noise_floor: NoiseFloor | None
    slices: tuple[Slice, ...]
    calibration: Calibration | None
    validity: tuple[Validity, ...]
    gates: tuple[Gate, ...]
    outcome: Outcome
    verdict: str
    version: int = field(default=VERSION)

    @property
    def primary(self) -> Effect:
        """The effect on the measure that decides."""
        return next(effect for effect in self.effects if effect.measure == self.question.primary)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values, floats rounded to nine digits, infinite and undefined ones as null."""
        return _plain(asdict(self))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None
    return value
