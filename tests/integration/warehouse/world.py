"""A small world of tenants with a past, held in plain Python and written into the tables of app.

The recount reads the Python side, the warehouse the tables, so neither can copy the other's mistakes.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg

DAYS = 60
EMOTION, TONE = "neutro", "cordial"
PROMPTS = ("p1:aa", "p1:bb")
CONFIGS = ("c1:aa", "c1:bb")


@dataclass
class Message:
    """A message with everything that is known about it."""

    id: UUID
    chat_identity: UUID
    kind: str
    type: str
    direction: str
    sent_at: datetime
    text: str | None
    author: str | None = None
    deleted: bool = False
    score: tuple[Decimal, int, str, str] | None = None


@dataclass
class Inference:
    """An answer of a model."""

    id: UUID
    message: UUID
    purpose: str
    status: str
    latency_ms: int
    cost_micros: int
    created_at: datetime


@dataclass
class Tenant:
    """A tenant with its messages; `links` maps an address to (chat, contact)."""

    id: UUID
    timezone: str
    gap_hours: int
    first_day: date
    connection: UUID = field(default_factory=lambda: UUID(int=0))
    messages: dict[UUID, Message] = field(default_factory=dict)
    inferences: list[Inference] = field(default_factory=list)
    links: dict[UUID, tuple[UUID, UUID | None]] = field(default_factory=dict)
    closes: list[tuple[UUID, datetime]] = field(default_factory=list)

    def day(self, moment: datetime) -> date:
        return moment.astimezone(ZoneInfo(self.timezone)).date()


class World:
    """Makes tenants out of a seed, and writes them."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.tenants = [
            # Summer time began on 2018-11-04 in São Paulo, a day without midnight, and Havana's ended at 1:00 that
            # day, so that its midnight came twice; Kiritimati is as far from UTC as a place can be.
            Tenant(self.uuid(), "America/Sao_Paulo", 24, date(2018, 10, 6)),
            Tenant(self.uuid(), "America/Havana", 2, date(2018, 10, 6)),
            Tenant(self.uuid(), "Pacific/Kiritimati", 48, date(2026, 1, 1)),
        ]

    def uuid(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)

    def populate(self, chats: int, days: int = DAYS) -> None:
        for tenant in self.tenants:
            tenant.connection = self.uuid()
            for _ in range(chats):
                self._chat(tenant, days, "individual")
            for kind in ("group", "broadcast"):
                self._chat(tenant, days, kind)

    def _chat(self, tenant: Tenant, days: int, kind: str) -> None:
        identity = self.uuid()
        if self.random.random() < 0.9:
            contact = self.uuid() if self.random.random() < 0.9 else None
            tenant.links[identity] = (self.uuid(), contact)
        start = datetime.combine(tenant.first_day, datetime.min.time(), ZoneInfo(tenant.timezone))
        moment = start.astimezone(UTC) + timedelta(minutes=self.random.randrange(days * 24 * 60 // 2))
        end = start + timedelta(days=days)
        gap = timedelta(hours=tenant.gap_hours)
        while moment < end:
            self.say(tenant, identity, moment, kind=kind)
            # Bursts, pauses, and silences that are exactly as long as the session gap, or a second shorter.
            moment += self.random.choice(
                [timedelta(seconds=self.random.randrange(0, 400))] * 12
                + [timedelta(minutes=self.random.randrange(10, 900))] * 3
                + [gap, gap - timedelta(seconds=1), gap * self.random.uniform(1, 4)]
            )
            moment = moment.replace(microsecond=0)

    def say(self, tenant: Tenant, identity: UUID, moment: datetime, *, kind: str = "individual") -> Message:
        direction = self.random.choice(["in"] * 6 + ["out"] * 5 + ["unknown"])
        type_ = self.random.choice(["text"] * 12 + ["audio"] * 3 + ["image", "sticker", "reaction", "system"])
        has_text = type_ == "text" or self.random.random() < 0.2
        message = Message(self.uuid(), identity, kind, type_, direction, moment, "oi" if has_text else None)
        if direction == "out" and self.random.random() < 0.3:
            message.author = self.random.choice(["bot", "campaign", "agent"])
        message.deleted = self.random.random() < 0.04
        if message.deleted and self.random.random() < 0.5:
            message.text = None
        tenant.messages[message.id] = message
        if has_text and direction == "in" and self.random.random() < 0.8:
            self.score(tenant, message, moment + timedelta(seconds=self.random.randrange(1, 40_000)))
        return message

    def score(self, tenant: Tenant, message: Message, moment: datetime) -> Inference:
        sentiment = Decimal(self.random.choice([-1000, -101, -100, -99, 0, 99, 100, 101, 730, 1000])) / 1000
        version = self.random.randrange(2)
        message.score = (sentiment, self.random.randrange(101), PROMPTS[version], CONFIGS[version])
        purpose = self.random.choice(["prod"] * 8 + ["shadow", "replay"])
        status = self.random.choice(["ok"] * 6 + ["repaired", "invalid", "refused"])
        inference = Inference(
            self.uuid(),
            message.id,
            purpose,
            status,
            self.random.randrange(5, 4000),
            self.random.randrange(900),
            moment,
        )
        tenant.inferences.append(inference)
        return inference

    def write(self, connection: psycopg.Connection) -> None:
        """Writes everything as the superuser, who may COPY past row level security. No dirty marks."""
        for tenant in self.tenants:
            connection.execute(
                "insert into app.tenant (tenant_id, name, plan_id, timezone, session_gap_hours, shelf)"
                " values (%s, 'x', 'pro', %s, %s, 0)",
                [tenant.id, tenant.timezone, tenant.gap_hours],
            )
            write_links(connection, tenant)
            write_messages(connection, tenant, list(tenant.messages.values()))
            write_inferences(connection, tenant, tenant.inferences)


def write_links(connection: psycopg.Connection, tenant: Tenant) -> None:
    for identity, (chat, contact) in tenant.links.items():
        connection.execute(
            "insert into app.identity_link (tenant_id, identity_id, contact_id, chat_id) values (%s, %s, %s, %s)"
            " on conflict (tenant_id, identity_id) do update"
            " set contact_id = excluded.contact_id, chat_id = excluded.chat_id",
            [tenant.id, identity, contact, chat],
        )


def write_messages(connection: psycopg.Connection, tenant: Tenant, messages: list[Message]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into app.message (tenant_id, id, connection_id, external_id, from_me, direction,"
            " chat_identity_id, chat_kind, type, sent_at, sent_at_source, received_at)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'live', %s)",
            [
                (
                    tenant.id,
                    m.id,
                    tenant.connection,
                    str(m.id),
                    m.direction == "out",
                    m.direction,
                    m.chat_identity,
                    m.kind,
                    m.type,
                    m.sent_at,
                    m.sent_at,
                )
                for m in messages
            ],
        )
        cursor.executemany(
            "insert into app.message_body (tenant_id, message_id, text, deleted_at, redaction_version)"
            " values (%s, %s, %s, %s, 1)",
            [(tenant.id, m.id, m.text, m.sent_at if m.deleted else None) for m in messages],
        )
        cursor.executemany(
            "insert into app.message_origin (tenant_id, message_id, author_type) values (%s, %s, %s)",
            [(tenant.id, m.id, m.author) for m in messages if m.author],
        )
    write_scores(connection, tenant, messages)


def write_scores(connection: psycopg.Connection, tenant: Tenant, messages: list[Message]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into app.message_score (tenant_id, message_id, inference_id, input_hash, prompt_hash,"
            " config_hash, sentiment, satisfaction, emotion, tone)"
            f" values (%s, %s, %s, '', %s, %s, %s, %s, '{EMOTION}', '{TONE}')"
            " on conflict (tenant_id, message_id) do update set sentiment = excluded.sentiment,"
            " satisfaction = excluded.satisfaction, prompt_hash = excluded.prompt_hash,"
            " config_hash = excluded.config_hash",
            [(tenant.id, m.id, m.id, m.score[2], m.score[3], m.score[0], m.score[1]) for m in messages if m.score],
        )


def write_inferences(connection: psycopg.Connection, tenant: Tenant, inferences: list[Inference]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into app.inference (tenant_id, id, message_id, input_hash, prompt_hash, config_hash, purpose,"
            " status, sentiment, satisfaction, latency_ms, cost_micros, created_at)"
            " values (%s, %s, %s, %s, 'p1:aa', 'c1:aa', %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    tenant.id,
                    i.id,
                    i.message,
                    i.id.bytes,
                    i.purpose,
                    i.status,
                    *((0, 50) if i.status in ("ok", "repaired") else (None, None)),
                    i.latency_ms,
                    i.cost_micros,
                    i.created_at,
                )
                for i in inferences
            ],
        )


def mark_dirty(connection: psycopg.Connection, tenant: Tenant, message: Message, cause: str) -> None:
    connection.execute(
        "insert into app.dirty (tenant_id, chat_identity_id, local_day, cause) values (%s, %s, %s, %s)",
        [tenant.id, message.chat_identity, tenant.day(message.sent_at), cause],
    )
