"""Figures that reports answer beside the metrics of the registry: what each means, comes from and rests on.

docs/metrics.md lists them below the registry; a test looks whether every endpoint and source is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Grain = Literal["moment", "day", "week", "month", "period"]
_CONVERSATIONS = "dbt/models/marts/fct_conversations.sql"
_COVERAGE = "dbt/models/marts/fct_daily_coverage.sql"
_CONTACTS = "dbt/models/marts/fct_contact_days.sql"
_ANSWERS = "dbt/models/marts/fct_daily_inferences.sql"
_THEMES = "evosense/metrics/themes/themes.sql"
_COMPANIES = "dbt/models/marts/fct_tenant_months.sql"


@dataclass(frozen=True, slots=True)
class Reported:
    """A figure of a report, with attributes as a Metric. `endpoint` is below /api/tenants/{id} unless it is whole."""

    name: str
    label: str
    unit: str
    grain: Grain
    definition: str
    n_of: str
    minimum_n: int
    endpoint: str
    source: str


def _wait(name: str, label: str, definition: str) -> Reported:
    of = "conversations of the period that are over" if name == "resolution" else "conversations with a wait"
    return Reported(name, label, "milliseconds", "period", definition, of, 5, "/response-times", _CONVERSATIONS)


def _contacts(name: str, label: str, definition: str, endpoint: str) -> Reported:
    return Reported(name, label, "count", "week", definition, "contacts who wrote", 0, endpoint, _CONTACTS)


REPORTED: tuple[Reported, ...] = (
    Reported(
        "active_contacts", "Contatos ativos", "count", "day", "Contacts with a customer message on the day.",
        "itself", 0, "/kpis", "dbt/models/marts/fct_daily_kpis.sql",
    ),
    _wait("customer_wait", "Espera do cliente", "Sum of the waits of a conversation's bursts; its mean."),
    _wait(
        "resolution", "Tempo até o fim",
        "From the start to the explicit close; closed by silence: to the last message (implicit).",
    ),
    Reported(
        "closes", "Encerramentos", "count", "period",
        "Explicit closes, conversations that are over, and contacts among them: three numbers, never one for another.",
        "itself", 0, "/response-times", _CONVERSATIONS,
    ),
    Reported(
        "emotion_share", "Emoções", "share", "day", "Share of scored customer messages with the emotion.",
        "scored customer messages", 20, "/emotions", "dbt/models/marts/fct_daily_emotions.sql",
    ),
    Reported(
        "embedded_share", "Com vetor", "share", "day", "Messages with a vector ÷ messages of both sides with text.",
        "messages with text", 1, "/coverage", _COVERAGE,
    ),
    Reported(
        "redacted_share", "Com dados ocultos", "share", "day",
        "Messages in which personal data was replaced ÷ all that are stored.",
        "stored messages", 1, "/coverage", _COVERAGE,
    ),
    Reported(
        "text_bytes", "Bytes de texto", "bytes", "day", "Bytes of the stored texts; those of vectors beside them.",
        "itself", 0, "/coverage", _COVERAGE,
    ),
    Reported(
        "latency_p99_ms", "Latência da IA (p99)", "milliseconds", "day",
        "By purpose, so production and shadows apart; within 1 % (a mergeable sketch).",
        "valid answers", 20, "/latency", _ANSWERS,
    ),
    Reported(
        "error_rate", "Chamadas sem resposta", "share", "period", "Calls to models that brought no answer ÷ all calls.",
        "calls", 20, "/latency", _ANSWERS,
    ),
    Reported(
        "retention", "Retenção", "share", "week",
        "Of the contacts who began in a period, those who wrote again: on, on or after, within brackets, or in every"
        " period; of the whole cohort or of the period before. Null while a period is not over or was deleted by plan.",
        "contacts of the cohort", 1, "/retention", _CONTACTS,
    ),
    _contacts("new", "Novos", "Their first message ever is of the period, deleted or not.", "/lifecycle"),
    _contacts("returning", "Recorrentes", "They wrote in the period before, too.", "/lifecycle"),
    _contacts("resurrecting", "Reativados", "They wrote before, but not in the period before.", "/lifecycle"),
    _contacts("dormant", "Adormecidos", "They wrote in the period before and not in this one.", "/lifecycle"),
    _contacts("stickiness", "Assiduidade", "Contacts by the number of periods in which they wrote.", "/stickiness"),
    Reported(
        "silent_churn", "Perdidos em silêncio", "count", "moment",
        "Contacts silent for 14 days (or as asked) whose last conversation ended negative or unanswered.",
        "itself", 0, "/silent-churn", _CONVERSATIONS,
    ),
    Reported(
        "theme_impact", "Impacto do tema", "points", "period",
        "Points that a theme adds to the net sentiment; the impacts of all themes, and of no theme, sum to it.",
        "scored customer messages", 1, "/themes", _THEMES,
    ),
    Reported(
        "is_emerging", "Tema em alta", "flag", "period",
        "Its share of the last seven days is three standard errors above that before, with ten messages or more.",
        "scored customer messages", 10, "/themes", _THEMES,
    ),
    Reported(
        "alert", "Alerta", "flag", "day",
        "A metric outside of the median ± k (3.5) × MAD of the same weekday of 28 weeks, two days in a row, one side;"
        " or a value past the limit of one of the company's rules, on one day and from the metric's least n on.",
        "what the metric's n counts", 30, "/alerts", "dbt/models/marts/fct_daily_kpis.sql",
    ),
    Reported(
        "place", "Posição", "rank", "period",
        "By the certain bound of the metric's interval; nobody below n = 20 has one, no value is shown below n = 5.",
        "what the metric's n counts", 20, "/leaderboards", "dbt/models/marts/fct_hourly_kpis.sql",
    ),
    Reported(
        "logo_retention", "Retenção de empresas", "share", "month",
        "Companies that had access when the month ended ÷ those whose first paid invoice is of the signup month.",
        "companies of the cohort", 1, "/api/platform/retention", _COMPANIES,
    ),
    Reported(
        "revenue_retention", "Retenção de receita", "share", "month",
        "What the cohort paid for the month, in BRL, ÷ what it paid for its first; a year's invoice counts a twelfth.",
        "companies of the cohort", 1, "/api/platform/retention", _COMPANIES,
    ),
)  # fmt: skip
