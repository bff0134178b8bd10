"""An error that quotes a customer, a CPF and a token: Dagster keeps its id, our redacted log the rest."""

from __future__ import annotations

import asyncio
import json
import logging

import dagster as dg
import psycopg
import pytest

from evosense import log
from evosense.stack.setup import Addresses, StackDatabase, child_environment
from orchestration.defs.privacy.assets import scheduled_reports
from tests.conftest import SECRET_KEY

# Short, since Postgres quotes the beginning of a long text only.
CANARIES = ("529.982.247-25", "jabuticaba", "tok-5f1d9c")


@pytest.fixture
def failing(environment, monkeypatch, tmp_path, database_url):
    """An asset of ours, in which Postgres refuses a row and quotes it."""
    monkeypatch.setenv("SECRET_KEY", SECRET_KEY)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))

    async def refused(*_arguments: object) -> None:
        async with await psycopg.AsyncConnection.connect(database_url) as connection:
            words = " ".join(CANARIES)
            await connection.execute(
                "insert into app.message_body (tenant_id, message_id, text, redaction_version) "
                "values (gen_random_uuid(), gen_random_uuid(), %s, null)",
                (f"token={words}",),
            )

    monkeypatch.setattr("orchestration.defs.privacy.assets.make_due_reports", refused)


async def told(instance: dg.DagsterInstance) -> str:
    """All that Dagster keeps of a run of it."""
    result = await asyncio.to_thread(dg.materialize, [scheduled_reports], instance=instance, raise_on_error=False)
    assert not result.success
    return " ".join(dg.serialize_value(record) for record in instance.all_logs(result.run_id))


async def test_an_error_that_quotes_people_reaches_dagster_by_its_id_only(failing, monkeypatch, capfd):
    monkeypatch.setenv("DAGSTER_REDACT_USER_CODE_ERRORS", "1")
    log.keep_apart("dagster.redacted_errors")
    with dg.DagsterInstance.ephemeral() as instance:
        kept = await told(instance)
    assert [canary for canary in CANARIES if canary in kept] == []
    assert "error ID" in kept
    out = "".join(capfd.readouterr())
    [line] = [line for line in out.splitlines() if "Error occurred during user code" in line and line.startswith("{")]
    assert "NotNullViolation" in json.loads(line)["exception"]
    assert [canary for canary in CANARIES if canary in out] == []


async def test_without_the_setting_it_would(failing, monkeypatch):
    """So that the test above can't pass because there was nothing to hide."""
    monkeypatch.delenv("DAGSTER_REDACT_USER_CODE_ERRORS", raising=False)
    with dg.DagsterInstance.ephemeral() as instance:
        kept = await told(instance)
    assert [canary for canary in CANARIES if canary in kept] == list(CANARIES)


def test_every_process_of_a_stack_has_the_setting(tmp_path):
    database = StackDatabase("postgresql://x", "postgresql://x", "postgresql://x", "dagster", None)
    addresses = Addresses("127.0.0.1", 1, 2, 3, 4, None)
    made = child_environment(database, addresses, data_dir=tmp_path, secret="s", mark={})
    assert made["DAGSTER_REDACT_USER_CODE_ERRORS"] == "1"
    assert logging.getLogger("dagster.redacted_errors").propagate is False
