"""The figures behind the KPIs, and the KPIs of a day or a period made of them.

Figures are counts and exact sums, so those of days add up to those of a period. Means and shares are computed from
them in one place, here; they are None where nothing is known. Times are whole milliseconds, shares are percentages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

_SIX_PLACES = Decimal("0.000001")


def ratio(numerator: int | Decimal, denominator: int) -> Decimal | None:
    """The quotient with six decimals, rounded as Postgres rounds numerics; None where the denominator is 0."""
    if denominator == 0:
        return None
    return (Decimal(numerator) / denominator).quantize(_SIX_PLACES, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class MessageFigures:
    """What was said, and what the champion of its time thought of it.

    A customer message is inbound, in an individual chat, not revoked, and no sticker, reaction or system message.
    `messages_group`, `messages_deleted` and `messages_other` count what no other figure counts. `eligible` customer
    messages have text; `scored` ones have a score and are the denominator of sentiment and satisfaction.
    """

    messages_in: int = 0
    messages_out: int = 0
    messages_automated: int = 0
    messages_group: int = 0
    messages_deleted: int = 0
    messages_other: int = 0
    audio_without_text: int = 0
    eligible: int = 0
    scored: int = 0
    sentiment_sum: Decimal = Decimal(0)
    sentiment_square_sum: Decimal = Decimal(0)
    positive: int = 0
    neutral: int = 0
    negative: int = 0
    satisfaction_sum: int = 0
    satisfaction_square_sum: int = 0
    prompt_hashes: tuple[str, ...] = ()
    config_hashes: tuple[str, ...] = ()

    @property
    def coverage(self) -> Decimal | None:
        """Scored ÷ eligible, 0 to 1."""
        return ratio(self.scored, self.eligible)

    @property
    def sentiment_mean(self) -> Decimal | None:
        """Mean sentiment, −1 to 1."""
        return ratio(self.sentiment_sum, self.scored)

    @property
    def positive_pct(self) -> Decimal | None:
        """Share of scored messages with sentiment > 0.1."""
        return ratio(100 * self.positive, self.scored)

    @property
    def neutral_pct(self) -> Decimal | None:
        """Share of scored messages with sentiment from −0.1 to 0.1."""
        return ratio(100 * self.neutral, self.scored)

    @property
    def negative_pct(self) -> Decimal | None:
        """Share of scored messages with sentiment < −0.1."""
        return ratio(100 * self.negative, self.scored)

    @property
    def net_sentiment(self) -> Decimal | None:
        """Positive share minus negative share, −100 to 100."""
        return ratio(100 * (self.positive - self.negative), self.scored)

    @property
    def satisfaction_mean(self) -> Decimal | None:
        """Mean predicted satisfaction, 0 to 100: a model's estimate, never CSAT."""
        return ratio(self.satisfaction_sum, self.scored)


@dataclass(frozen=True, slots=True)
class InferenceFigures:
    """The models at work for production, by the day on which they answered, whatever day's message it was."""

    inferences: int = 0
    inferences_failed: int = 0
    latency_sum_ms: int = 0
    latency_p50_ms: int | None = None
    latency_p95_ms: int | None = None
    cost_micros: int = 0

    @property
    def latency_mean_ms(self) -> Decimal | None:
        """Mean latency of valid answers."""
        return ratio(self.latency_sum_ms, self.inferences)

    @property
    def invalid_pct(self) -> Decimal | None:
        """Share of answers that were invalid, truncated or refused."""
        return ratio(100 * self.inferences_failed, self.inferences + self.inferences_failed)


@dataclass(frozen=True, slots=True)
class ConversationFigures:
    """Conversations by the local day on which they began; see `evosense.conversations.models`.

    `answered` is the denominator of first response, `turns` (answered bursts) that of the turn waits.
    """

    conversations: int = 0
    conversations_by_customer: int = 0
    unanswered: int = 0
    answered: int = 0
    first_response_sum_ms: int = 0
    first_response_p50_ms: int | None = None
    first_response_p90_ms: int | None = None
    first_response_p95_ms: int | None = None
    turns: int = 0
    turn_wait_sum_ms: int = 0
    turn_wait_p50_ms: int | None = None
    turn_wait_p90_ms: int | None = None
    turn_wait_p95_ms: int | None = None

    @property
    def first_response_mean_ms(self) -> Decimal | None:
        """Mean time to the first response of an agent."""
        return ratio(self.first_response_sum_ms, self.answered)

    @property
    def turn_wait_mean_ms(self) -> Decimal | None:
        """Mean wait of the customer's bursts that were answered."""
        return ratio(self.turn_wait_sum_ms, self.turns)

    @property
    def unanswered_pct(self) -> Decimal | None:
        """Share of conversations begun by customers that no agent has answered (yet)."""
        return ratio(100 * self.unanswered, self.conversations_by_customer)


@dataclass(frozen=True, slots=True)
class Version:
    """A state of what a tenant's figures rest on: it never comes back once anything of that has changed.

    Attributes:
        build: The newest build of the warehouse; 0 before the first.
        taken: How often app.dirty was emptied.
        dirty: How many changes it tells of since.
        stale: How many days wait for a build.
        timezone: What cuts the tenant's days.
        retention: The last run of retention, which deletes without a mark.
    """

    build: int
    taken: int
    dirty: int
    stale: int = 0
    timezone: str = ""
    retention: UUID | None = None

    @property
    def of_marts(self) -> tuple[int, int, UUID | None]:
        """Of what the warehouse knows right."""
        return self.build, self.taken, self.retention


@dataclass(frozen=True, slots=True)
class DaySaid:
    """A local day, of all connections; `active_contacts` wrote on it."""

    local_day: date
    active_contacts: int
    messages: MessageFigures


@dataclass(frozen=True, slots=True)
class HourSaid:
    """A local hour of a day on one connection."""

    local_day: date
    local_hour: int
    connection_id: UUID
    messages: MessageFigures


@dataclass(frozen=True, slots=True)
class Changes:
    """What has changed since app.dirty was emptied: how often an address moved, and how often each slice of a day."""

    moves: int
    by_slice: Mapping[tuple[date, int], int]

    def of_day(self, day: date) -> int:
        """How often anything of a day."""
        return sum(marks for (marked, _), marks in self.by_slice.items() if marked == day)


@dataclass(frozen=True, slots=True)
class Begun:
    """The conversations that began in one local hour on one connection and got their first answer from one person.

    `responses` are their first responses, `waits` those of their turns, in milliseconds and in no particular order.
    """

    local_day: date
    local_hour: int
    connection_id: UUID
    responder_user_id: UUID | None
    conversations: int
    by_customer: int
    unanswered: int
    responses: Sequence[int]
    waits: Sequence[int]


@dataclass(frozen=True, slots=True)
class Kpis:
    """All figures of a tenant over some stretch of time."""

    messages: MessageFigures = MessageFigures()
    inferences: InferenceFigures = InferenceFigures()
    conversations: ConversationFigures = ConversationFigures()


@dataclass(frozen=True, slots=True)
class DailyKpis:
    """The KPIs of one local day. `is_open`: computed this moment from app, because the warehouse hasn't caught up."""

    local_day: date
    active_contacts: int
    is_open: bool
    kpis: Kpis


@dataclass(frozen=True, slots=True)
class TenantMetrics:
    """The KPIs of a period, with the fields of the user's documents under their names there.

    `total_messages` counts messages of individual chats in both directions over the period, `messages_today` those of
    the tenant's current local day; `avg_*`, `positive_pct` and the percentiles are None where nothing is known, and
    `scored` and `coverage` say how much they rest on. `active_connections` counts connections that are switched on,
    `live_connections` those of them that are listening this moment.
    """

    from_day: date
    to_day: date
    today: date
    kpis: Kpis
    messages_today: int
    active_connections: int
    live_connections: int

    @property
    def total_messages(self) -> int:
        """Messages of the period, both directions."""
        return self.kpis.messages.messages_in + self.kpis.messages.messages_out

    @property
    def avg_sentiment(self) -> Decimal | None:
        """Mean sentiment of scored customer messages, −1 to 1."""
        return self.kpis.messages.sentiment_mean

    @property
    def avg_satisfaction(self) -> Decimal | None:
        """Mean predicted satisfaction, 0 to 100."""
        return self.kpis.messages.satisfaction_mean

    @property
    def positive_pct(self) -> Decimal | None:
        """Share of scored customer messages with sentiment > 0.1."""
        return self.kpis.messages.positive_pct

    @property
    def avg_latency_ms(self) -> Decimal | None:
        """Mean latency of the models' valid answers for production."""
        return self.kpis.inferences.latency_mean_ms
