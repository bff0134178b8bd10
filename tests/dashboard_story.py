"""What happens in a demo before somebody looks at its experiments: a better prompt, a replay, a shadow, labels wanted.

Through the API where it offers it; the rest is what Dagster and the command line do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from typing import Any, LiteralString
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import psycopg

from evosense.db.database import connect, connect_sync
from evosense.db.ids import new_id
from evosense.experiments.labels import request_labels
from evosense.experiments.models import Arm
from evosense.experiments.reports import get_report
from evosense.metrics.themes.build import build_themes
from evosense.prompts.default import DEFAULT_PROMPT
from evosense.testing.scripted_scorer import Effect, marker_of
from tests.running_demo import RunningDemo

BETTER = Effect(shift=0.06, noise=0.02)
_OPEN = ("requested", "planned", "running")
_PATIENCE_SECONDS = 120.0
_TODAY_BEHIND = timedelta(days=13)


def words_of(effect: Effect) -> list[dict[str, str]]:
    """The built-in prompt's messages, with what the scorer of the tests makes of them."""
    system, user = DEFAULT_PROMPT.messages
    return [
        {"role": "system", "content": f"{system.content}\nIronia conta como negativa. {marker_of(effect)}"},
        {"role": "user", "content": user.content},
    ]


def register(client: httpx.Client, effect: Effect = BETTER) -> str:
    """Register a version as an administrator; its hash."""
    answer = client.post("/api/prompts", json={"messages": words_of(effect)})
    answer.raise_for_status()
    return answer.json()["prompt_hash"]


def replay(client: httpx.Client, prompt_hash: str) -> dict[str, Any]:
    """Replay the last 14 days under a version and wait for the report; the run."""
    today = datetime.now(UTC).date()
    wish = {"candidates": [prompt_hash], "first_day": str(today - _TODAY_BEHIND), "last_day": str(today)}
    answer = client.post("/api/experiments/replay", json=wish)
    answer.raise_for_status()
    run_id = answer.json()["run_id"]
    return _until(lambda: client.get(f"/api/experiments/{run_id}").json(), lambda run: run["state"] not in _OPEN)


def shadow(demo: RunningDemo, client: httpx.Client, prompt_hash: str) -> str:
    """Start a shadow as if it had begun before the history was scored, and wait for its first reading; its id."""
    wish = {
        "name": "Ironia em sombra",
        "hypothesis": "A versão nova percebe melhor a ironia",
        "challengers": [{"version": prompt_hash, "share_bp": 5_000}],
        "planned_chats": 400,
    }
    answer = client.post("/api/experiments/shadows", json=wish)
    answer.raise_for_status()
    found = answer.json()["id"]
    client.post(f"/api/experiments/shadows/{found}/begin").raise_for_status()
    with demo.database() as connection:
        # The registration can't be changed, by triggers; to a replica they do not apply.
        connection.execute("set session_replication_role = replica")
        connection.execute(
            "update app.experiment set frozen_at = now() - interval '15 minutes' where id = %s", (found,)
        )
    read = lambda: client.get(f"/api/experiments/shadows/{found}").json()  # noqa: E731
    _until(read, lambda each: any(one["units"] >= 60 for one in each["readings"]))
    return found


async def want_labels(url: str, tenant_id: str, report_hash: str, size: int = 12) -> None:
    """Put messages of a report before people, as `evosense experiments label` does."""
    tenant = UUID(tenant_id)
    async with await connect(url, "evosense_pipeline") as connection:
        report = await get_report(connection, tenant, report_hash)
        baseline = Arm("baseline", report.baseline_hash, report.config_hash)
        candidate = Arm("candidate", report.candidate_hash, report.config_hash)
        await request_labels(connection, report.dataset_hash, baseline, candidate, size=size, tenant_ids=[tenant])


def themes(demo: RunningDemo, tenant_id: str) -> int:
    """Build a company's themes, as Dagster does once a day; how many there are."""
    demo.wait_for("select (count(*) < 5)::int from app.ai_task where kind = 'embed'")
    with connect_sync(demo.info["database_url"], "evosense_pipeline", autocommit=True) as connection:
        return build_themes(connection, UUID(tenant_id))


def gap(demo: RunningDemo, tenant_id: str) -> None:
    """Two hours of nine days ago in which a connection heard nothing, half of it fetched again since."""
    with demo.database() as connection:
        connection.execute(
            "insert into app.ingestion_gap"
            " (tenant_id, id, connection_id, from_at, to_at, cause, state, recovered)"
            " select c.tenant_id, gen_random_uuid(), c.id, now() - interval '9 days 2 hours',"
            " now() - interval '9 days', 'listener was away', 'partial', 7"
            " from app.connection as c where c.tenant_id = %s limit 1",
            (tenant_id,),
        )


def rules(client: httpx.Client, tenant_id: str) -> None:
    """What this company wants to be told of; yesterday broke the last one."""
    for metric, condition, threshold in (
        ("first_response_p90_ms", "above", 30 * 60_000),
        ("messages_in", "falls", 40),
        ("messages_in", "below", 100),
    ):
        rule = {"metric": metric, "condition": condition, "threshold": threshold}
        client.post(f"/api/tenants/{tenant_id}/alert-rules", json=rule).raise_for_status()


def rush(demo: RunningDemo, tenant_id: str) -> None:
    """Two days with four times the messages that their weekdays had for five weeks: an alert."""
    quiet, rushed, weeks = 30, 120, 5
    with demo.database() as connection:
        zone, connection_id = one_row(
            connection,
            "select t.timezone, c.id from app.tenant as t inner join app.connection as c using (tenant_id)"
            " where t.tenant_id = %s limit 1",
            tenant_id,
        )
        identity = new_id()
        connection.execute(
            "insert into app.identity (tenant_id, id, connection_id, jid_hmac, key_version, kind, first_seen_at)"
            " values (%s, %s, %s, %s, 1, 'phone', now())",
            (tenant_id, identity, connection_id, identity.bytes),
        )
        today = datetime.now(ZoneInfo(zone)).date()
        for days_ago in (1, 2):
            for week in range(weeks + 1):
                noon = datetime.combine(today - timedelta(days=days_ago, weeks=week), clock_time(12), ZoneInfo(zone))
                connection.execute(
                    "insert into app.message (tenant_id, id, connection_id, external_id, from_me, direction,"
                    " chat_identity_id, chat_kind, type, sent_at, sent_at_source, received_at)"
                    " select %(tenant)s, gen_random_uuid(), %(connection)s, gen_random_uuid()::text, false, 'in',"
                    " %(identity)s, 'individual', 'text', %(noon)s + n * interval '1 second', 'live', %(noon)s"
                    " from generate_series(1, %(count)s) as n",
                    {
                        "tenant": tenant_id,
                        "connection": connection_id,
                        "identity": identity,
                        "noon": noon,
                        "count": quiet if week else rushed,
                    },
                )
                connection.execute(
                    "insert into app.dirty (tenant_id, chat_identity_id, local_day, cause)"
                    " values (%s, %s, %s, 'message')",
                    (tenant_id, identity, noon.date()),
                )


def one_row(connection: psycopg.Connection[Any], question: LiteralString, *values: object) -> Any:
    """The first row of an answer."""
    row = connection.execute(question, values).fetchone()
    assert row is not None, question
    return row


def _until(ask: Callable[[], dict[str, Any]], is_there: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        answer = ask()
        if is_there(answer):
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(answer)
        time.sleep(0.3)
