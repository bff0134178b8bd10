"""Prompts beside the champion, in the marts: equal to a plain count, and brought up to date by answers alone."""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.integration.warehouse.conftest import Warehouse

PROMPT, MODEL = "p1:beside", "c1:beside"
_ANSWER = """
insert into app.inference (
    tenant_id, id, message_id, input_hash, prompt_hash, config_hash, replicate, purpose, status, sentiment,
    satisfaction, emotion, tone, latency_ms, cost_micros
)
select
    s.tenant_id, gen_random_uuid(), s.message_id, '\\x00', %(prompt)s, %(model)s, 0, 'shadow',
    case when s.place %% 10 = 0 then 'invalid' else 'ok' end,
    case when s.place %% 10 > 0 then greatest(-1, least(1, s.sentiment - 0.15)) end,
    case when s.place %% 10 > 0 then greatest(0, s.satisfaction - 5) end,
    case when s.place %% 10 > 0 then s.emotion end, 'neutro', 120, 7
from (
    select q.*, row_number() over (order by q.tenant_id, q.message_id) as place
    from app.message_score as q
) as s
where s.place %% 4 = %(share)s
on conflict do nothing
"""


def answered(connection: psycopg.Connection, share: int) -> None:
    connection.execute(_ANSWER, {"prompt": PROMPT, "model": MODEL, "share": share})
    connection.commit()


def rows(connection: psycopg.Connection, query: str) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query).fetchall()


def counted(connection: psycopg.Connection) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The comparison message by message, from the tables of app."""
    found: dict[tuple[Any, ...], dict[str, Any]] = defaultdict(
        lambda: {"answered": 0, "paired": 0, "delta_sum": 0, "positive": 0, "negative": 0, "chats": {}}
    )
    query = f"""
    select i.tenant_id, (m.sent_at at time zone t.timezone)::date as day, i.status, s.sentiment as a,
        s.prompt_hash as champion, s.config_hash as model, i.sentiment as b,
        coalesce(l.chat_id, m.chat_identity_id) as chat
    from app.inference i join app.message_score s using (tenant_id, message_id)
    join app.message m on m.tenant_id = i.tenant_id and m.id = i.message_id
    join app.tenant t on t.tenant_id = i.tenant_id
    join app.message_body b on b.tenant_id = m.tenant_id and b.message_id = m.id
    left join app.identity_link l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id
    where i.prompt_hash = '{PROMPT}' and m.direction = 'in' and m.chat_kind = 'individual'
        and b.deleted_at is null and m.type not in ('reaction', 'system', 'sticker')
    """
    for row in rows(connection, query):
        cell = found[row["tenant_id"], row["day"], row["champion"], row["model"]]
        cell["answered"] += 1
        if row["status"] == "ok":
            delta = row["b"] - row["a"]
            cell["paired"] += 1
            cell["delta_sum"] += delta
            cell["positive"] += row["b"] > 0.1
            cell["negative"] += row["b"] < -0.1
            cell["chats"][row["chat"]] = cell["chats"].get(row["chat"], 0) + delta
    for cell in found.values():
        cell["chat_delta_square_sum"] = sum(value**2 for value in cell["chats"].values())
        cell["chats"] = len(cell["chats"])
    return dict(found)


def compared(connection: psycopg.Connection) -> dict[tuple[Any, ...], dict[str, Any]]:
    found = rows(connection, f"select * from analytics.mart_prompt_compare where prompt_hash = '{PROMPT}'")
    keys = ("tenant_id", "local_day", "champion_prompt_hash", "champion_config_hash")
    return {tuple(row[key] for key in keys): row for row in found}


def assert_equal_to_the_count(connection: psycopg.Connection) -> None:
    shown, expected = compared(connection), counted(connection)
    assert shown.keys() == expected.keys()
    for key, cell in expected.items():
        assert {name: shown[key][name] for name in cell} == cell


def test_prompts_are_compared_as_a_plain_count_does(warehouse: Warehouse):
    with warehouse.admin() as connection:
        answered(connection, share=1)
        # Nothing of a customer changed, so there is no mark: the answers themselves say which days to look at.
        warehouse.build(days=None)
        warehouse.dbt("build", "--exclude-resource-type", "unit_test", "--select", "int_answered_days+")
        assert_equal_to_the_count(connection)
        connection.rollback()
        before = compared(connection)
        assert len(before) > 50
        # Later answers reach their days, and with an hour's look back those of just now.
        answered(connection, share=2)
        warehouse.dbt("build", "--exclude-resource-type", "unit_test", "--select", "int_answered_days+")
        connection.rollback()
        assert_equal_to_the_count(connection)


def test_what_if_takes_the_answers_that_are_there(warehouse: Warehouse):
    with warehouse.admin() as connection:
        answered(connection, share=3)
        warehouse.build(full_refresh=True)
        connection.rollback()
        assert_equal_to_the_count(connection)
        pairs = compared(connection)
        days = rows(connection, "select * from analytics.fct_daily_kpis")
        kpis = {(row["tenant_id"], row["local_day"]): row for row in days}
        what_if = rows(connection, f"select * from analytics.mart_what_if_kpis where prompt_hash = '{PROMPT}'")
        changes: dict[tuple[Any, ...], Any] = defaultdict(int)
        for key, pair in pairs.items():
            changes[key[:2]] += pair["delta_sum"]
        assert {(row["tenant_id"], row["local_day"]) for row in what_if} == changes.keys()
        for row in what_if:
            day = kpis[row["tenant_id"], row["local_day"]]
            change = changes[row["tenant_id"], row["local_day"]]
            expected = ((day["sentiment_sum"] + change) / day["scored"]).quantize(Decimal("0.000001"), ROUND_HALF_UP)
            assert row["what_if_sentiment_mean"] == expected
            assert row["sentiment_mean"] == day["sentiment_mean"]


def test_analysts_read_every_answer_and_the_api_none(warehouse: Warehouse):
    with warehouse.admin() as connection:
        [row] = rows(connection, "select count(*) as n from analytics.fct_inferences")
        [stored] = rows(connection, "select count(*) as n from app.inference")
        assert row == stored
        [rights] = rows(
            connection,
            "select has_table_privilege('evosense_analyst', 'analytics.fct_inferences', 'select') as analyst,"
            " has_table_privilege('evosense_api', 'analytics.fct_inferences', 'select') as api",
        )
        assert rights == {"analyst": True, "api": False}
