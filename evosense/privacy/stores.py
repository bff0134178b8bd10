"""Every table that holds tenants' rows, and how retention and erasure reach it.

A test walks the schema: a table that is not named here, or whose columns point to people and no rule says what happens
to them, fails it. So a new table means one line here, by the one who knows what is in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Store:
    """A table with its rules; all times are event times, deleted rows are gone for good.

    Attributes:
        table: Schema and name.
        by_message: Column with a message's id: its rows go with the message, in retention and erasure.
        by_identity: Column with an identity's id (an address): its rows go when that person is erased.
        by_contact: The same for a contact's id.
        by_chat: The same for a chat's id.
        by_time: Column whose rows go once they are older than the plan keeps messages.
        days: Instead of the plan's days for `by_time`.
        frozen_by: For a mart of aggregates: the column with the people (or messages) behind a row. Rows of days that
            retention deletes are frozen where it is 5 or more and dropped otherwise; "" keeps all, nobody is in them.
        special: What code of its own does (see retention.py and erasure.py).
        note: Why nothing else is needed.
    """

    table: str
    by_message: str | None = None
    by_identity: str | None = None
    by_contact: str | None = None
    by_chat: str | None = None
    by_time: str | None = None
    days: int | None = None
    frozen_by: str | None = None
    special: str = ""
    note: str = ""

    @property
    def has_rule(self) -> bool:
        """Whether anything is ever deleted here by retention or erasure."""
        rules = (self.by_message, self.by_identity, self.by_contact, self.by_chat, self.by_time, self.frozen_by)
        return any(rule is not None for rule in rules) or bool(self.special)


_STAFF: Final = "people who work for the tenant; goes when they are removed or with the company"
_BILL: Final = "bills and contracts of the company, kept by law; no customer of the tenant is in it"
_SETTING: Final = "settings of the company; nobody's data"
_PROMPT: Final = "prompts, models and aggregates; no text or id of a customer"
_PROOF: Final = "the proof itself: ids, HMACs and counts"
MESSAGE: Final = "app.message"
RAW: Final = "raw.evolution_event"

STORES: Final[tuple[Store, ...]] = (
    # What was said, and everything learned from it.
    Store(MESSAGE, special="the message itself: sent_at before the cutoff, or of the person's chats or by them"),
    Store("app.message_body", by_message="message_id"),
    Store("app.message_origin", by_message="message_id"),
    Store("app.media_ref", by_message="message_id"),
    Store(
        "app.message_event",
        by_identity="author_identity_id",
        special="goes with its message, by connection and external id; without one after the cutoff",
    ),
    Store("app.message_score", by_message="message_id"),
    Store("app.message_embedding", by_message="message_id"),
    Store("app.inference", by_message="message_id"),
    Store("app.inference_attempt", by_message="message_id"),
    Store("app.scoring_input", by_message="message_id"),
    Store("app.ai_task", by_message="message_id"),
    Store("app.human_label", by_message="message_id"),
    Store("app.label_request", by_message="message_id"),
    Store("app.dataset_item", by_message="message_id", by_chat="chat_id"),
    Store("app.run_item", by_message="message_id"),
    Store("app.failed_task", by_message="subject_id", by_time="failed_at"),
    Store(RAW, special="kept 7 days, 3 where the plan stores no originals; the person's by HMAC, id and content"),
    Store("app.search_word", special="words of two messages or more, made anew every night from what is left"),
    Store("app.search_form", special="forms of words of two chats or more, made anew every night from what is left"),
    Store("app.vector_tier", note="figures about all vectors of the company"),
    Store("app.vector_axis", note="directions over all vectors of the company; they go with the last of them"),
    Store("app.embedding_space", note=_SETTING),
    Store("app.student_model", note="weights over hashed features, no text; learned anew every week from what is left"),
    # Who said it.
    Store("app.identity", special="addresses without messages go after the cutoff; the person's at once"),
    Store("app.identity_link", special="goes with its identity"),
    Store("app.contact", special="goes with its last address; who opted out is remembered without a name"),
    Store("app.chat", special="goes with its last address"),
    Store(
        "app.contact_first_seen",
        by_identity="identity_id",
        note="retention keeps it: a returning customer must not count as new; an id and a day, no content",
    ),
    Store("app.conversation_close", by_identity="chat_identity_id", by_time="closed_at"),
    Store("app.outcome", by_chat="chat_id", by_time="observed_on"),
    # What is in passing.
    Store("app.live_event", by_time="created_at", days=3, special="the person's lose their payload, numbers stay"),
    Store("app.live_cursor", note="a number"),
    Store("app.dirty", note="consumed by the next build; an erasure writes it so that its days are computed again"),
    Store("app.stale_chat", by_chat="chat_id"),
    Store("app.stale_day", note="days of the company"),
    # Marts.
    Store("analytics.fct_conversations", by_contact="contact_id", by_chat="chat_id", by_time="last_message_at"),
    Store("analytics.fct_contact_days", by_contact="contact_id", by_time="local_day"),
    Store("analytics.fct_daily_kpis", frozen_by="active_contacts"),
    Store("analytics.fct_hourly_kpis", frozen_by="messages_in"),
    Store("analytics.fct_daily_coverage", frozen_by="messages_in"),
    Store("analytics.fct_daily_emotions", frozen_by="scored"),
    Store("analytics.fct_daily_inferences", frozen_by=""),
    Store("analytics.mart_prompt_compare", frozen_by="chats"),
    Store("analytics.mart_what_if_kpis", frozen_by="scored"),
    Store("analytics.fct_daily_mrr", note=_BILL),
    Store("analytics.fct_monthly_usage", note=_BILL),
    Store("analytics.fct_tenant_months", note=_BILL),
    Store("app.frozen_figure", note="aggregates of five people or more, or nothing"),
    Store("app.message_theme", by_message="message_id"),
    Store("app.theme", by_time="built_at", note="words of three chats or more, and a mean; built daily"),
    # Proofs and duties.
    Store("app.privacy_answer", by_time="expires_at", days=0, special="a person's go go when they are erased"),
    Store("app.privacy_request", note=_PROOF),
    Store("app.legal_hold", note=_PROOF),
    Store("app.tombstone", note=_PROOF),
    Store("app.retention_run", by_time="started_at", days=730),
    Store("app.audit_log", note="acts of people who work for the tenant: ids, codes and hashes"),
    Store(
        "app.access_log", by_time="last_at", days=183, note="Marco Civil art. 15: 6 months; erasing does not touch it"
    ),
    # People who work for the tenant, and the company itself.
    Store("app.app_user", note=_STAFF),
    Store("app.saved_view", note=_STAFF),
    Store("app.alert_acknowledgement", note=_STAFF),
    Store("app.alert_reader", note=_STAFF),
    Store("app.api_key", note=_STAFF),
    Store("app.invitation", note=_STAFF),
    Store("app.password_reset", by_time="expires_at", days=30),
    Store("app.refresh_token", by_time="expires_at", days=30),
    Store("app.tenant", note=_SETTING),
    Store("app.tenant_key", note="keys; without them nothing could be read"),
    Store("app.tenant_limit", note=_SETTING),
    Store("app.usage_counter", note=_SETTING),
    Store("app.business_hours", note=_SETTING),
    Store("app.business_holiday", note=_SETTING),
    Store("app.connection", note=_SETTING),
    Store("app.connection_lease", note="which process listens"),
    Store("app.ingestion_gap", note="stretches of time"),
    Store("app.export_job", by_time="requested_at", days=183, note="what was asked for; it holds no rows of anybody"),
    Store("app.report_schedule", note=_SETTING),
    Store("app.alert_rule", note=_SETTING),
    Store("app.backfill_request", by_time="requested_at", days=183),
    Store("app.experiment", note=_PROMPT),
    Store("app.experiment_event", note=_PROMPT),
    Store("app.experiment_run", note=_PROMPT),
    Store("app.arm", note=_PROMPT),
    Store("app.arm_reading", note=_PROMPT),
    Store("app.comparison", note=_PROMPT),
    Store("app.dataset", note=_PROMPT),
    Store("app.prompt_version", note=_PROMPT),
    Store("app.prompt_channel", note=_PROMPT),
    Store("app.prompt_policy", note=_PROMPT),
    Store("app.channel_event", note=_PROMPT),
    Store("app.channel_proposal", note=_PROMPT),
    Store("app.model_config", note=_PROMPT),
    Store("app.ai_backend", note=_SETTING),
    Store("app.payment_account", note=_BILL),
    Store("app.subscription", note=_BILL),
    Store("app.subscription_item", note=_BILL),
    Store("app.invoice", note=_BILL),
    Store("app.billing_event", note=_BILL),
    Store("app.billing_intent", note=_BILL),
    Store("app.billing_drift", note=_BILL),
    Store("app.dunning_notice", note=_BILL),
)
BY_MESSAGE: Final = tuple(store for store in STORES if store.by_message)
BY_TIME: Final = tuple(store for store in STORES if store.by_time)
FROZEN: Final = tuple(store for store in STORES if store.frozen_by is not None)
