"""How many chats does a question need, and what could those at hand have shown?"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from evosense.errors import InvalidInput
from evosense.experiments.statistics.arrays import open_unit, positive
from evosense.experiments.statistics.distributions import normal_quantile


@dataclass(frozen=True, slots=True)
class SampleSize:
    """What is needed to see a difference of `delta`: `estimate` = messages, and the same in chats."""

    estimate: int
    messages: int
    chats: int
    delta: float
    deff: float
    power: float
    alpha: float


@dataclass(frozen=True, slots=True)
class Power:
    """The chance (`estimate`) to see `delta` with what is at hand, and the difference seen with 80 % chance."""

    estimate: float
    detectable: float
    messages: int
    deff: float
    alpha: float


def planning_design_effect(messages_per_chat: float, icc: float) -> float:
    """DEFF = 1 + (m - 1) ICC; for chats of unequal size m is sum n_g^2 / sum n_g.

    Source: Kish 1965, Survey Sampling.

    Raises:
        InvalidInput: an ICC or a number of messages that can't be.
    """
    if not -1 < icc <= 1 or messages_per_chat < 1:
        message = f"an ICC of {icc} with {messages_per_chat} messages per chat is impossible"
        raise InvalidInput(message)
    return max(1 + (messages_per_chat - 1) * icc, 1e-9)


def sample_size(
    delta: float,
    sd: float,
    *,
    messages_per_chat: float = 8.0,
    icc: float = 0.1,
    alpha: float = 0.05,
    power: float = 0.8,
    noise: tuple[float, float] = (0.0, 0.0),
    replicates: tuple[int, int] = (1, 1),
    deff: float | None = None,
) -> SampleSize:
    """Messages and chats for a two-sided test of a paired difference.

    n = (z_{a/2} + z_b)^2 (sd^2 + s_A^2/K_A + s_B^2/K_B) / delta^2 * DEFF, DEFF = 1 + (m - 1) ICC.
    delta 0.02, sd 0.3, 8 messages per chat, ICC 0.1: 3,003 messages in 376 chats.

    Args:
        delta: the difference that must not be missed, in the metric's unit.
        sd: standard deviation of the paired differences between messages, without the scorers' own noise.
        messages_per_chat: m.
        icc: intraclass correlation of the differences within a chat.
        alpha: two-sided level.
        power: chance to see `delta`.
        noise: standard deviations s_A, s_B of repeated scores of one message (from the A/A floor).
        replicates: how often each arm scores a message, K_A and K_B.
        deff: the design effect itself, in place of m and ICC.

    Source: Miller 2024, arXiv 2411.00640, section 5; DEFF: Kish 1965, Survey Sampling.

    Raises:
        InvalidInput: delta, sd or deff not above 0, shares outside 0..1, less than one replicate or message.
    """
    open_unit(alpha, "alpha")
    open_unit(power, "power")
    positive(abs(delta), "delta")
    if not min(noise) >= 0 or not min(replicates) >= 1 or not messages_per_chat >= 1:
        message = "noise must not be negative; replicates and messages_per_chat are 1 or more"
        raise InvalidInput(message)
    variance = positive(sd, "sd") ** 2 + noise[0] ** 2 / replicates[0] + noise[1] ** 2 / replicates[1]
    effect = planning_design_effect(messages_per_chat, icc) if deff is None else positive(deff, "deff")
    quantiles = normal_quantile(1 - alpha / 2) + normal_quantile(power)
    messages = quantiles**2 * variance / delta**2 * effect
    return SampleSize(
        estimate=math.ceil(messages),
        messages=math.ceil(messages),
        chats=math.ceil(messages / messages_per_chat),
        delta=delta,
        deff=effect,
        power=power,
        alpha=alpha,
    )


def achieved_power(delta: float, sd: float, messages: int, *, deff: float = 1.0, alpha: float = 0.05) -> Power:
    """The chance to see `delta` with `messages` paired differences, and what is seen with 80 % chance.

    Power = P(|Z + delta/SE| > z_{a/2}), SE = sd sqrt(DEFF / n). Never feed it the observed difference.

    Source: Miller 2024, arXiv 2411.00640, section 5.

    Raises:
        InvalidInput: delta, sd, deff or messages not above 0.
    """
    open_unit(alpha, "alpha")
    positive(abs(delta), "delta")
    se = positive(sd, "sd") * math.sqrt(positive(deff, "deff") / positive(messages, "messages"))
    critical = normal_quantile(1 - alpha / 2)
    chance = float(special.ndtr(delta / se - critical) + special.ndtr(-delta / se - critical))
    return Power(chance, (critical + normal_quantile(0.8)) * se, messages, deff, alpha)


def require_chats(
    chats: int, *, delta: float, sd: float, messages_per_chat: float, icc: float, least: int = 10
) -> None:
    """Refuse a comparison of fewer than `least` chats, saying how many the question needs.

    Raises:
        InvalidInput: e.g. "8 chats only: need about 376 for 0.02".
    """
    if chats < least:
        needed = sample_size(delta, sd, messages_per_chat=max(messages_per_chat, 1), icc=min(max(icc, 0), 1)).chats
        message = f"{chats} chats only: need about {max(needed, least)} for {delta:g}; widen the window or the sample"
        raise InvalidInput(message)
