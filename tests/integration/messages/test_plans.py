"""How the database goes about a flush's statements, where a plan made carelessly would cost more from day to day."""

from __future__ import annotations

from uuid import UUID, uuid4

import psycopg

from evosense.db.arrays import arrays
from evosense.db.named_queries import load
from evosense.messages.batch import MessageRow
from tests.integration.messages.conftest import NOW

_EDITS = """
insert into app.message_event (
    tenant_id, id, connection_id, external_id, kind, digest, occurred_at, occurred_at_source, received_at
)
select
    %(tenant_id)s, gen_random_uuid(), gen_random_uuid(), 'x' || n, 'edit', n::text::bytea, now(), 'live', now()
from generate_series(1, 500) as n
"""


def test_new_messages_do_not_read_all_edits(database_url: str, tenant_id: UUID) -> None:
    rows = [_row(tenant_id, f"m{number}") for number in range(10)]
    query = load("evosense.messages")["insert_messages"]
    with psycopg.connect(database_url) as connection:
        connection.execute(_EDITS, {"tenant_id": tenant_id})
        connection.execute("analyze app.message_event")
        plan = [row[0] for row in connection.execute(f"explain {query}", arrays(MessageRow, rows)).fetchall()]
    assert any("message_event" in line for line in plan)
    assert not [line for line in plan if "Seq Scan on message_event" in line]


def _row(tenant_id: UUID, external_id: str) -> MessageRow:
    ids = (tenant_id, uuid4(), uuid4(), external_id)
    return MessageRow(*ids, False, "in", uuid4(), None, "individual", "text", None, NOW, "live", NOW, False)
