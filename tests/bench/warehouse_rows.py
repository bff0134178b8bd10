"""A platform's past in bulk: tenants of very unequal size, written by set-based SQL into the tables of app."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid5

import psycopg

_NAMES = UUID("6f8ff0a4-4a3f-4a43-9d2c-6f1f0f1f9b10")
_MESSAGES = """
insert into app.message (tenant_id, id, connection_id, external_id, from_me, direction, chat_identity_id, chat_kind,
    type, sent_at, sent_at_source, received_at)
select %(tenant)s::uuid, gen_random_uuid(), md5(%(tenant)s::uuid::text || (n %% 3))::uuid, n::text, n %% 5 > 2,
    case when n %% 5 > 2 then 'out' else 'in' end,
    md5(%(tenant)s::uuid::text || (n %% %(chats)s::int)::text)::uuid, 'individual',
    case when n %% 17 = 0 then 'audio' else 'text' end, moments.sent_at, 'live', moments.sent_at
from generate_series(1, %(n)s::int) as n
cross join lateral (
    select %(first)s::timestamptz + interval '3 hours' + n * (%(days)s::int * interval '1 day' / %(n)s::int) as sent_at
) as moments
"""
_REST = """
insert into app.message_body (tenant_id, message_id, text, redaction_version)
select m.tenant_id, m.id, case when m.type = 'text' then 'oi' end, 1
from app.message as m where m.tenant_id = %(tenant)s::uuid;
insert into app.inference (tenant_id, id, message_id, input_hash, prompt_hash, config_hash, purpose, status, sentiment,
    satisfaction, emotion, tone, latency_ms, cost_micros, created_at)
select m.tenant_id, gen_random_uuid(), m.id, 'x', 'p1:a', 'c1:a', 'prod', 'ok',
    round((random() * 2 - 1)::numeric, 3), (random() * 100)::int,
    (array['neutro', 'alegria', 'raiva'])[1 + (random() * 2)::int],
    'cordial', (exp(5 + random() * 3))::int, 12, m.sent_at
from app.message as m where m.tenant_id = %(tenant)s::uuid and m.direction = 'in' and m.type = 'text';
insert into app.message_score (tenant_id, message_id, inference_id, input_hash, prompt_hash, config_hash, sentiment,
    satisfaction, emotion, tone)
select i.tenant_id, i.message_id, i.id, i.input_hash, i.prompt_hash, i.config_hash, i.sentiment, i.satisfaction,
    i.emotion, i.tone
from app.inference as i where i.tenant_id = %(tenant)s::uuid
"""


def fill(url: str, *, messages: int, tenants: int, first: date, days: int) -> list[tuple[UUID, int]]:
    """Write the rows; answers the tenants with their numbers of messages, the largest first (Zipf)."""
    weight = sum(1 / rank for rank in range(1, tenants + 1))
    known: list[tuple[UUID, int]] = []
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set synchronous_commit = off")
        for rank in range(1, tenants + 1):
            tenant, n = uuid5(_NAMES, str(rank)), max(1, round(messages / rank / weight))
            connection.execute(
                "insert into app.tenant (tenant_id, name, plan_id, shelf) values (%s, 'bench', 'pro', 0)", [tenant]
            )
            values = {"tenant": str(tenant), "n": n, "chats": max(1, n // 40), "first": first, "days": days}
            connection.execute(_MESSAGES, values)
            for statement in _REST.split(";"):
                connection.execute(statement.encode(), {"tenant": str(tenant)})
            known.append((tenant, n))
        connection.execute("vacuum analyze")
    return known
