"""Exports over HTTP: limits, formats, links, what spreadsheets would take for formulas, and nobody else's rows."""

import asyncio
import csv
import io
import json
import tracemalloc
from datetime import UTC, date, datetime, timedelta

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evosense.db.tenancy import Actor
from evosense.exports.models import Wanted
from evosense.exports.repository import add_export, get_export
from evosense.exports.stream import stream_export
from tests.integration.search.corpus import START, Chat

DAY = "2026-11-20"
EVIL = ['=HYPERLINK("http://x")', "+1", "-2", "@SUM(A1)", "\tx", "\rx"]


@pytest.fixture
async def talk(pipeline_pool, people):
    """Texts that a spreadsheet would run, in the first company; one message in the other."""
    async with pipeline_pool.connection() as connection:
        chat = await Chat(connection, people["ana"].tenant_id).open()
        for text in [*EVIL, 'olá, tudo bem? ção; "aspas", vírgula\nlinha']:
            await chat.say(text, score=(-0.5, 20))
        await chat.say("até logo", direction="out")
        other = await Chat(connection, people["bia"].tenant_id).open()
        await other.say("jabuticaba")
    return chat


async def ask(api, person, **wanted) -> httpx.Response:
    body = {"dataset": "messages", "format": "csv", "first_day": DAY, "last_day": DAY, **wanted}
    return await api.client.post("/api/exports", json=body, headers=api.headers(person))


async def fetch(api, person, **wanted) -> bytes:
    made = await ask(api, person, **wanted)
    assert made.status_code == 201, made.text
    # No token: the link is enough.
    response = await api.client.get(made.json()["link"])
    assert response.status_code == 200, response.text
    assert "attachment" in response.headers["content-disposition"]
    return response.content


async def test_csv_is_safe_to_open_and_complete(api, people, talk):
    content = await fetch(api, people["ana"])
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert [row["text"] for row in rows[: len(EVIL)]] == [f"'{text}" for text in EVIL]
    assert rows[len(EVIL)]["text"] == 'olá, tudo bem? ção; "aspas", vírgula\nlinha'
    assert {row["sentiment"] for row in rows[:-1]} == {"-0.5"}  # a number is no formula
    assert (rows[-1]["direction"], rows[-1]["author"], rows[-1]["sentiment"]) == ("out", "agent", "")
    assert b"jabuticaba" not in content


async def test_json_and_parquet_say_the_same(api, people, talk):
    told = json.loads(await fetch(api, people["ana"], format="json"))
    table = pq.read_table(io.BytesIO(await fetch(api, people["ana"], format="parquet"))).to_pylist()
    assert [row["text"] for row in told] == [row["text"] for row in table]
    assert len(told) == len(EVIL) + 2
    assert table[0]["sent_at"] == START + timedelta(minutes=1)
    assert told[0]["chat_id"] == str(talk.id)


async def test_a_message_has_its_summary_until_it_is_revoked(api, people, pipeline_pool, admin_connection):
    tenant_id = people["ana"].tenant_id
    async with pipeline_pool.connection() as connection:
        chat = await Chat(connection, tenant_id).open()
        await chat.say("chegou atrasado", score=(-0.5, 20))
        await chat.say("apagada", score=(-0.5, 20), deleted=True)
    admin_connection.execute(
        "insert into app.inference (tenant_id, id, message_id, input_hash, prompt_hash, config_hash, purpose, status, "
        "latency_ms, sentiment, satisfaction, emotion, tone, summary) select tenant_id, inference_id, message_id, "
        "input_hash, prompt_hash, config_hash, 'prod', 'ok', 1, sentiment, satisfaction, emotion, tone, "
        "'Cliente reclama' from app.message_score"
    )
    admin_connection.execute("update app.message_score set confidence = 0.8")
    told = json.loads(await fetch(api, people["ana"], format="json"))
    assert [(row["text"], row["summary"], row["confidence"]) for row in told] == [
        ("chegou atrasado", "Cliente reclama", 0.8),
        (None, None, 0.8),
    ]


async def test_one_row_per_conversation_and_per_day(api, people, talk):
    [conversation] = json.loads(await fetch(api, people["ana"], dataset="conversations", format="json"))
    assert conversation["messages_customer"] == len(EVIL) + 1
    assert conversation["first_response_seconds"] == 60.0 * (len(EVIL) + 1)
    [day] = json.loads(await fetch(api, people["ana"], dataset="daily_kpis", format="json"))
    assert (day["local_day"], day["messages_in"], day["scored"]) == (DAY, len(EVIL) + 1, len(EVIL) + 1)
    shown = await api.client.get(
        f"/api/tenants/{people['ana'].tenant_id}/kpis?from={DAY}&to={DAY}", headers=api.headers(people["ana"])
    )
    assert shown.json()["days"][0]["messages_in"] == day["messages_in"]


@pytest.mark.parametrize("format", ["csv", "json", "parquet"])
async def test_nothing_at_all_is_a_valid_file(api, people, format):
    content = await fetch(api, people["ana"], format=format, first_day="2026-01-01", last_day="2026-01-02")
    if format == "csv":
        assert content.decode("utf-8-sig").startswith("message_id,")
    elif format == "json":
        assert json.loads(content) == []
    else:
        assert pq.read_table(io.BytesIO(content)).num_rows == 0


async def test_progress_is_told(api, people, talk):
    made = (await ask(api, people["ana"])).json()
    assert (made["state"], made["rows_total"]) == ("ready", None)
    content = (await api.client.get(made["link"])).content
    for _ in range(50):
        told = (await api.client.get(f"/api/exports/{made['id']}", headers=api.headers(people["ana"]))).json()
        if told["state"] == "done":
            break
        await asyncio.sleep(0.02)
    assert (told["state"], told["rows_done"], told["rows_total"], told["fetches"]) == ("done", 8, 8, 1)
    assert told["bytes_done"] == len(content)


async def test_the_plan_limits_exports_of_a_day_exactly_also_under_a_rush(api, people, talk):
    answers = await asyncio.gather(*(ask(api, people["ana"]) for _ in range(9)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201] * 5 + [402] * 4  # the plan pro allows 5
    [refused, *_] = [answer.json() for answer in answers if answer.status_code == 402]
    assert refused["code"] == "limit_reached"
    listed = await api.client.get("/api/exports", headers=api.headers(people["ana"]))
    assert len(listed.json()) == 5
    assert (await ask(api, people["bia"])).status_code == 201


async def test_altered_and_expired_links_are_refused(api, people, talk):
    made = (await ask(api, people["ana"])).json()
    link = made["link"]
    ana, bia = str(people["ana"].tenant_id), str(people["bia"].tenant_id)
    other = (await ask(api, people["bia"])).json()
    expires = int(link.split("expires=")[1].split("&")[0])
    for wrong in (
        link.replace(ana, bia),
        link.replace(made["id"], other["id"]),
        link.replace(f"expires={expires}", f"expires={expires + 1}"),
        link[:-1] + ("0" if link[-1] != "0" else "1"),
    ):
        response = await api.client.get(wrong)
        assert (response.status_code, response.json()["code"]) == (403, "link_refused")
        assert "jabuticaba" not in response.text
    past = datetime.now(UTC) - timedelta(seconds=2)
    tenant_id, export_id = people["ana"].tenant_id, made["id"]
    old = api.resources.export_links.query(tenant_id, export_id, past)
    assert (await api.client.get(f"/api/exports/{export_id}/file?{old}")).status_code == 403


async def test_an_expired_export_gives_no_link(api, people, pipeline_pool):
    wanted = Wanted("messages", "csv", date(2026, 11, 1), date(2026, 11, 2))
    tenant_id = people["ana"].tenant_id
    async with pipeline_pool.connection() as connection:
        export = await add_export(
            connection, tenant_id, wanted, requested_by="x", expires_at=datetime.now(UTC) - timedelta(hours=1)
        )
    shown = await api.client.get(f"/api/exports/{export.id}", headers=api.headers(people["ana"]))
    assert shown.json()["link"] is None
    signed = api.resources.export_links.query(tenant_id, export.id, datetime.now(UTC) + timedelta(minutes=5))
    assert (await api.client.get(f"/api/exports/{export.id}/file?{signed}")).status_code == 403


async def test_a_download_that_is_broken_off_is_told_and_can_be_repeated(api, people, pipeline_pool):
    """The first chunk leaves with 2,000 rows; the client goes away with most still unread."""
    tenant_id = people["ana"].tenant_id
    async with pipeline_pool.connection() as connection:
        chat = await Chat(connection, tenant_id).open()
        await connection.execute(
            "insert into app.message (tenant_id, id, connection_id, external_id, from_me, direction, chat_identity_id, "
            "chat_kind, type, sent_at, sent_at_source, received_at) "
            "select %s, gen_random_uuid(), %s, n::text, false, 'in', %s, 'individual', 'text', %s, 'live', now() "
            "from generate_series(1, 60000) as n",
            (tenant_id, chat.connection_id, chat.identity_id, START),
        )
    made = (await ask(api, people["ana"])).json()
    async with api.client.stream("GET", made["link"]) as response:
        async for _ in response.aiter_bytes():
            break
    for _ in range(200):
        async with pipeline_pool.connection() as connection:
            export = await get_export(connection, tenant_id, made["id"])
        if export.state == "failed":
            break
        await asyncio.sleep(0.05)
    assert (export.state, export.rows_total) == ("failed", 60_000)
    assert export.rows_done < 60_000
    again = await api.client.get(made["link"])
    assert len(again.content.splitlines()) == 60_001


async def test_reports_are_listed_and_stopped(api, people):
    ana = api.headers(people["ana"])
    body = {"name": "Semanal", "dataset": "daily_kpis", "format": "parquet", "every": "week"}
    made = (await api.client.post("/api/reports", json=body, headers=ana)).json()
    assert [one["id"] for one in (await api.client.get("/api/reports", headers=ana)).json()] == [made["id"]]
    assert (
        await api.client.delete(f"/api/reports/{made['id']}", headers=api.headers(people["bia"]))
    ).status_code == 404
    assert (await api.client.delete(f"/api/reports/{made['id']}", headers=ana)).status_code == 204
    assert (await api.client.get("/api/reports", headers=ana)).json() == []


@pytest.mark.parametrize("format", ["csv", "json", "parquet"])
async def test_memory_does_not_grow_with_the_rows(api_pool, pipeline_pool, tenant_id, format):
    """The peak while streaming is that of a batch: the same for 4,000 rows as for 20,000."""
    async with pipeline_pool.connection() as connection:
        chat = await Chat(connection, tenant_id).open()
        for day, rows in ((20, 4_000), (21, 20_000)):
            await connection.execute(
                "with made as (insert into app.message (tenant_id, id, connection_id, external_id, from_me, direction, "
                "chat_identity_id, chat_kind, type, sent_at, sent_at_source, received_at) "
                "select %s, gen_random_uuid(), %s, %s::text || '-' || n::text, false, 'in', %s, 'individual', 'text', "
                "%s, 'live', now() from generate_series(1, %s) as n returning tenant_id, id) "
                "insert into app.message_body (tenant_id, message_id, text, redaction_version) "
                "select tenant_id, id, repeat('palavra ', 10) || id::text, 1 from made",
                (tenant_id, chat.connection_id, day, chat.identity_id, START.replace(day=day), rows),
            )
        peaks = []
        for day in (20, 21):
            wanted = Wanted("messages", format, date(2026, 11, day), date(2026, 11, day))
            until = datetime.now(UTC) + timedelta(hours=1)
            export = await add_export(connection, tenant_id, wanted, requested_by="x", expires_at=until)
            await connection.commit()
            peaks.append(await peak_of(stream_export(api_pool, api_pool, Actor(tenant_id, None, "export"), export)))
    (small, small_size), (large, large_size) = peaks
    assert large_size > 4 * small_size
    assert large < 1.5 * small


async def peak_of(chunks) -> tuple[int, int]:
    """The most bytes that Python and Arrow held beyond what was there before, and the bytes that came."""
    size = arrow = 0
    tracemalloc.start()
    try:
        async for chunk in chunks:
            size += len(chunk)
            arrow = max(arrow, pa.total_allocated_bytes())
        return tracemalloc.get_traced_memory()[1] + arrow, size
    finally:
        tracemalloc.stop()
