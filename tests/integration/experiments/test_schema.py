"""What the experiment tables promise by themselves."""

import psycopg
import pytest

from evosense.db.ids import EVERYONE, new_id
from evosense.experiments.assign import bucket


def test_sql_and_python_agree_on_100_000_buckets(schema_url):
    units = [str(new_id()) for _ in range(100_000)]
    with psycopg.connect(schema_url) as connection:
        rows = connection.execute("select app.bucket('exp-001', u) from unnest(%s::text[]) as u", (units,)).fetchall()
        vectors = connection.execute(
            "select array_agg(app.bucket('exp-001', 'msg-' || n) order by n) from generate_series(1, 3) as n"
        ).fetchone()
    assert [row[0] for row in rows] == [bucket("exp-001", unit) for unit in units]
    assert vectors == ([5539, 9431, 2580],)


def test_a_frozen_registration_stays(admin_connection):
    experiment_id = new_id()
    admin_connection.execute(
        "insert into app.experiment (tenant_id, id, name, hypothesis, prompt_name, primary_measure, goal, margin,"
        " planned_chats, created_by, frozen_at) values (%s, %s, 'e', 'h', 'sentiment', 'sentiment', 'better', 0.02,"
        " 400, 'ana', now())",
        (EVERYONE, experiment_id),
    )
    admin_connection.execute("update app.experiment set state = 'running' where id = %s", (experiment_id,))
    with pytest.raises(psycopg.errors.RestrictViolation, match="frozen"):
        admin_connection.execute("update app.experiment set margin = 0.5 where id = %s", (experiment_id,))


def test_reports_and_decisions_are_immutable(admin_connection):
    admin_connection.execute(
        "insert into app.comparison (tenant_id, report_hash, dataset_hash, baseline_hash, candidate_hash, config_hash,"
        " outcome, verdict, card, code_version, created_by)"
        " values (%s, 'r1:x', 'd1:x', 'p1:a', 'p1:b', 'c1:x', 'pass', 'v', '', '1', 'ana')",
        (EVERYONE,),
    )
    with pytest.raises(psycopg.errors.RestrictViolation, match="immutable"):
        admin_connection.execute("update app.comparison set outcome = 'fail'")
