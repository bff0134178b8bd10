"""Who used the application, from where and when: written for everybody who comes, read by nobody who serves."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from typer.testing import CliRunner
from websockets.asyncio.client import connect

from evosense.cli.privacy import app as commands
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.privacy.access_log import AccessLog, read_access_log
from tests.integration.serving.conftest import running

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
STRETCHES = "select actor, host(address), requests from app.access_log order by first_at, actor"


async def test_requests_sockets_and_downloads_are_noted(database_url, people, admin_connection):
    ana, otto = people["ana"], people["otto"]
    async with running(database_url) as api:
        for person in (ana, ana, otto):
            assert (await api.client.get("/api/me", headers=api.headers(person))).status_code == 200
        async with connect(f"{api.websocket_url}/ws/tenant/{otto.tenant_id}/") as socket:
            await socket.send(json.dumps({"type": "auth", "token": api.token(otto)}))
            assert json.loads(await socket.recv())["type"] == "ready"
        wanted = {"dataset": "messages", "first_day": "2026-11-20", "last_day": "2026-11-20"}
        made = (await api.client.post("/api/exports", json=wanted, headers=api.headers(ana))).json()
        assert (await api.client.get(made["link"], headers={"X-Forwarded-For": "203.0.113.9"})).status_code == 200
        assert (await api.client.get("/api/me")).status_code == 401
    # The process has ended: what it still held is written.
    assert sorted(admin_connection.execute(STRETCHES).fetchall()) == sorted(
        [
            (f"user:{ana.user_id}", "127.0.0.1", 3),
            (f"user:{otto.user_id}", "127.0.0.1", 2),
            (f"export:{made['id']}", "203.0.113.9", 1),
        ]
    )


async def test_a_stretch_goes_on_until_a_quarter_of_an_hour_is_silent(api_pool, tenant_id, admin_connection):
    log, actor = AccessLog(api_pool), Actor(tenant_id, None, "ana")
    for minutes in (0, 10, 20):
        log.note(actor, "203.0.113.9", START + timedelta(minutes=minutes))
        await log.write(START + timedelta(minutes=minutes))
    assert admin_connection.execute(STRETCHES).fetchall() == [("ana", "203.0.113.9", 3)]
    log.note(actor, "203.0.113.9", START + timedelta(minutes=36))
    log.note(actor, "::ffff:203.0.113.10", START + timedelta(minutes=36))
    log.note(actor, "testclient", START + timedelta(minutes=36))
    await log.write(START + timedelta(minutes=36))
    assert sorted(admin_connection.execute(STRETCHES).fetchall()) == [
        ("ana", "0.0.0.0", 1),
        ("ana", "203.0.113.10", 1),
        ("ana", "203.0.113.9", 1),
        ("ana", "203.0.113.9", 3),
    ]


async def test_what_could_not_be_written_waits(api_pool, tenant_id, admin_connection):
    log = AccessLog(api_pool)
    log.note(Actor(tenant_id, None, "ana"), "203.0.113.9", START)
    admin_connection.execute("alter table app.access_log rename to moved")
    with pytest.raises(psycopg.Error):
        await log.write(START + timedelta(hours=1))
    admin_connection.execute("alter table app.moved rename to access_log")
    await log.write(START + timedelta(hours=1))
    assert admin_connection.execute(STRETCHES).fetchall() == [("ana", "203.0.113.9", 1)]


async def test_who_serves_can_neither_read_nor_write_for_another(api_pool, tenant_id, other_tenant_id):
    note = "select app.note_access(%s, '{}', '{}', '{}', '{}', '{}', '{}')"
    refused = ("select actor from app.access_log", "delete from app.access_log")
    for statement in (*refused, "insert into app.access_log select from app.access_log"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with tenant_transaction(api_pool, Actor(tenant_id, None, "admin")) as connection:
                await connection.execute(statement)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="another company"):
        async with tenant_transaction(api_pool, Actor(tenant_id, None, "admin")) as connection:
            await connection.execute(note, (other_tenant_id,))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with api_pool.connection() as connection:  # of no company at all
            await connection.execute(note, (tenant_id,))


async def test_reading_is_of_one_company_and_audited(
    api_pool, pipeline_pool, tenant_id, other_tenant_id, admin_connection
):
    log = AccessLog(api_pool)
    for tenant in (tenant_id, other_tenant_id):
        log.note(Actor(tenant, None, "ana"), "203.0.113.9", START)
    log.note(Actor(tenant_id, None, "otto"), "203.0.113.10", START + timedelta(days=1))
    await log.write(START + timedelta(days=1))
    async with pipeline_pool.connection() as connection, connection.transaction():
        day = START - timedelta(hours=12)
        found = await read_access_log(connection, tenant_id, day, day + timedelta(days=1), reason="ofício 7/2026")
        both = await read_access_log(connection, tenant_id, day, day + timedelta(days=9), reason="x", actor="otto")
    assert [(use.actor, use.address, use.first_at, use.requests) for use in found] == [("ana", "203.0.113.9", START, 1)]
    assert [use.actor for use in both] == ["otto"]
    acts = admin_connection.execute("select tenant_id, action, detail->>'reason' from app.audit_log order by id")
    assert acts.fetchall() == [(tenant_id, "access_log_read", "ofício 7/2026"), (tenant_id, "access_log_read", "x")]


async def test_the_operators_command(api_pool, tenant_id, database_url, monkeypatch):
    log = AccessLog(api_pool)
    log.note(Actor(tenant_id, None, "ana"), "203.0.113.9", START)
    await log.write(START)
    monkeypatch.setenv("DATABASE_URL", database_url)
    days = ["--from", "2026-11-20", "--to", "2026-11-20"]

    def run(*more: str):
        return CliRunner().invoke(commands, ["access-log", str(tenant_id), *days, *more])

    shown = await asyncio.to_thread(run, "--reason", "ofício 7/2026")
    assert json.loads(shown.stdout)["address"] == "203.0.113.9"
    nothing = await asyncio.to_thread(run, "--reason", " ")
    assert nothing.exit_code != 0
