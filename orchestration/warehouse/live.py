"""The marts' SQL for serving: what is stale is computed from app by the very text that dbt runs.

`python -m orchestration.warehouse live` writes evosense/conversations/live.sql and evosense/metrics/live.sql (and the
marts' columns as evosense/metrics/shape.py) from the models: each becomes a named query over the rows of one tenant
that the caller asks for. A test compares the files with the models, so the two forms of a mart can't part.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from textwrap import indent
from typing import Any

from orchestration.warehouse.profile import PROJECT_DIR

_EVOSENSE = PROJECT_DIR.parent / "evosense"
_HEAD = "-- Made from dbt/models/marts by `python -m orchestration.warehouse live`; edit there.\n"

_SHAPE = '''"""What columns the marts have, made from their contracts by `python -m orchestration.warehouse live`."""

from typing import Final

MARTS_SHAPE: Final = "{}"
'''

_SPANS = """
spans as (
    select *
    from unnest(%(identity_ids)s::uuid[], %(from_ats)s::timestamptz[], %(to_ats)s::timestamptz[])
        as s (identity_id, from_at, to_at)
),

facts as materialized (
    select f.*
    from spans
    inner join app.message_fact as f
        on
            f.tenant_id = %(tenant_id)s
            and f.chat_identity_id = spans.identity_id
            and f.sent_at between spans.from_at and spans.to_at
),

chat_closes as (
    select
        c.*,
        c.id as close_id,
        coalesce(l.chat_id, c.chat_identity_id) as chat_id
    from spans
    inner join app.conversation_close as c
        on
            c.tenant_id = %(tenant_id)s
            and c.chat_identity_id = spans.identity_id
            and c.closed_at >= spans.from_at
            and c.closed_at <= spans.to_at + interval '168 hours'
    left join app.identity_link as l on l.tenant_id = c.tenant_id and l.identity_id = c.chat_identity_id
),
"""
# Local midnight is off by what the clocks are put forward at most: local_day decides.
_SLICED = """with

all_facts as materialized (
    select
        f.*,
        mod(get_byte(uuid_send(f.chat_identity_id), 15), 16) as slice
    from app.message_fact as f
    where
        f.tenant_id = %(tenant_id)s
        and f.sent_at >= (%(from_day)s::date::timestamp at time zone %(timezone)s) - interval '3 hours'
        and f.sent_at < ((%(to_day)s::date + 1)::timestamp at time zone %(timezone)s) + interval '3 hours'
        and f.local_day between %(from_day)s and %(to_day)s
        and mod(get_byte(uuid_send(f.chat_identity_id), 15), 16) = any(%(slices)s::int[])
)

select
    s.slice,
    of_slice.*
from unnest(%(slices)s::int[]) as s (slice)
cross join lateral (
{}
) as of_slice;
"""
_FACTS = """
facts as (
    select f.*
    from all_facts as f
    where f.slice = s.slice
),
"""
# One scan of the messages for all that pages ask of an open day.
_OPEN_DAY = """
hours as (
    select
        h.local_day,
        json_agg(h)::text as hours
    from hourly_kpis as h
    group by h.local_day
),

emotions as (
    select
        e.local_day,
        json_agg(e)::text as emotions
    from daily_emotions as e
    group by e.local_day
),

connections as (
    select
        c.local_day,
        json_agg(c)::text as connections
    from daily_coverage as c
    group by c.local_day
),

contacts as (
    select
        c.local_day,
        array_agg(c.contact_id) as contact_ids
    from contact_days as c
    group by c.local_day
)

select
    hours.local_day,
    hours.hours,
    connections.connections,
    coalesce(emotions.emotions, '[]') as emotions,
    coalesce(contacts.contact_ids, '{}') as contact_ids
from hours
inner join connections on connections.local_day = hours.local_day
left join emotions on emotions.local_day = hours.local_day
left join contacts on contacts.local_day = hours.local_day"""
_ANSWERS = """
moments as (
    select
        t.tenant_id,
        t.timezone,
        (%(from_day)s::date::timestamp at time zone 'UTC') - interval '14 hours' as read_from,
        (%(to_day)s::date::timestamp at time zone 'UTC') + interval '1 day 12 hours' as read_to
    from app.tenant as t
    where t.tenant_id = %(tenant_id)s
),

calls as (
    select
        i.tenant_id, i.purpose, i.prompt_hash, i.config_hash, i.status, i.latency_ms, i.tokens_in, i.tokens_out,
        i.cost_micros, (i.created_at at time zone m.timezone)::date as local_day
    from moments as m
    inner join app.inference as i
        on i.tenant_id = m.tenant_id and i.created_at >= m.read_from and i.created_at < m.read_to
    union all
    select
        a.tenant_id, 'any', a.prompt_hash, a.config_hash, 'unanswered', null, null, null, 0,
        (a.at at time zone m.timezone)::date
    from moments as m
    inner join app.inference_attempt as a on a.tenant_id = m.tenant_id and a.at >= m.read_from and a.at < m.read_to
),

answers as (
    select * from calls where local_day between %(from_day)s and %(to_day)s
),
"""
_OF_MESSAGES = ("fct_hourly_kpis", "fct_daily_emotions", "fct_contact_days", "fct_daily_coverage")
_REFS = {
    "int_message_facts": "facts",
    "int_closes": "chat_closes",
    "int_inferences": "answers",
    "stg_embeddings": "app.message_embedding",
    "int_stale_days": "",
}


@dataclass(frozen=True, slots=True)
class _Live:
    """A mart, its sentence, what it reads, and a condition on its rows."""

    mart: str
    sentence: str
    reads: str
    condition: str = ""

    @property
    def name(self) -> str:
        return "live_" + self.mart.removeprefix("fct_")


_FILES: dict[Path, tuple[_Live, ...]] = {
    _EVOSENSE / "conversations" / "live.sql": (
        _Live(
            "fct_conversations",
            "One row per conversation that begins on or after since_day in what these addresses said in their spans. "
            "All\n-- addresses of a chat have to be named with the same span, and a span must not cut a conversation.",
            _SPANS,
            "where local_day >= %(since_day)s::date",
        ),
    ),
    _EVOSENSE / "metrics" / "live_answers.sql": (
        _Live("fct_daily_inferences", "One row per local day of the period, purpose, prompt and model.", _ANSWERS),
    ),
}


def live_files() -> dict[Path, str]:
    """What the files have to hold, by their path."""
    files = {path: _HEAD + "".join(f"\n{_statement(live)}" for live in lives) for path, lives in _FILES.items()}
    files[_EVOSENSE / "metrics" / "live.sql"] = f"{_HEAD}\n{_open_days()}"
    return files | {_EVOSENSE / "metrics" / "shape.py": _SHAPE.format(_shape())}


def _shape() -> str:
    """Another one whenever a mart gets, loses or changes a column."""
    import yaml  # comes with dbt

    columns = [
        f"{model['name']} {column['name']} {column['data_type']}"
        for path in sorted((PROJECT_DIR / "models" / "marts").glob("*.yml"))
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        for column in model["columns"]
    ]
    return sha256("\n".join(columns).encode()).hexdigest()[:16]


def write_live() -> None:
    """Write the files."""
    for path, text in live_files().items():
        path.write_text(text, encoding="utf-8")


def _open_days() -> str:
    """The marts of an open day in one statement, for one scan of its messages costs more than all the rest."""
    marts = [f"{name.removeprefix('fct_')} as (\n{indent(_body(name), '    ')}\n)," for name in _OF_MESSAGES]
    body = "with\n" + _FACTS + "\n" + "\n\n".join(marts) + "\n" + _OPEN_DAY
    return (
        "-- name: live_days\n"
        "-- One row per slice of the chats and local day of the period with messages of theirs: what the marts\n"
        "-- have of it by hour and connection, connection and emotion, and connection, as JSON arrays; and who wrote.\n"
        + _SLICED.format(indent(body, "    "))
    )


def _body(mart: str) -> str:
    model = _render((PROJECT_DIR / "models" / "marts" / f"{mart}.sql").read_text(encoding="utf-8"))
    body = re.sub(r"\n{3,}", "\n\n", model.strip()).replace("%", "%%")
    body = re.sub(r"\(\n\n", "(\n", body)
    return re.sub(r"\n\n\)", "\n)", body)


def _statement(live: _Live) -> str:
    body = "with\n" + live.reads.rstrip() + "\n\n" + _body(live.mart).removeprefix("with").lstrip()
    if live.condition:
        body += f"\n{live.condition}"
    return f"-- name: {live.name}\n-- {live.sentence}\n{body};\n"


def _render(model: str) -> str:
    """The model as a full refresh would run it, over our own names."""
    from jinja2 import Environment  # comes with dbt

    macros = (PROJECT_DIR / "macros" / "arithmetic.sql").read_text(encoding="utf-8")
    scope: dict[str, Any] = {
        "config": _nothing,
        "ref": _REFS.__getitem__,
        "source": _nothing,
        "is_incremental": bool,
        "are_few": _nothing,
    }
    environment = Environment(autoescape=False, trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - SQL, not HTML
    return environment.from_string(macros + model).render(scope)


def _nothing(*_: Any, **__: Any) -> str:
    return ""
