"""From the Evolution socket to the browser: emitted by the stand-in → scored → announced on the tenant's WebSocket,
and → counted by the API's KPIs of the open day.

The whole demo runs with its real processes. Messages leave at 20 a second; latency is the time from the moment the
stand-in emitted a message to the moment its `message_analyzed` frame is read. Goals: p50 ≤ 1.5 s, p95 ≤ 4 s. A score
has reached the KPIs when GET …/metrics first answers a count that holds it, asked five times a second. Goal: p95 ≤ 5 s.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Generator
from contextlib import AsyncExitStack, closing, contextmanager
from datetime import date, timedelta
from typing import Any

from tests.bench.figures import Context, Figure, percentile
from tests.running_demo import RunningDemo, running_demo

_RATE = 20
_COMPANIES = ("loja-aurora", "clinica-sorriso")
_SCORED_AT = (
    "select extract(epoch from s.scored_at)::float8 from app.message_fact as f inner join app.message_score as s"
    " on s.tenant_id = f.tenant_id and s.message_id = f.message_id"
    " where f.tenant_id = %s and f.speaker = 'customer' and f.local_day between %s and %s order by s.scored_at"
)
_EXTERNAL_IDS = "select id::text, external_id from app.message where tenant_id is not null"


async def run(context: Context) -> list[Figure]:
    """Figures e2e.score_p50_s, e2e.score_p95_s and e2e.kpi_p95_s."""
    count = 2400 if context.is_full else 600
    context.progress("starting the demo")
    with running_demo(context.folder, "--rate", "0", "--history-days", "1") as demo:
        demo.wait_for("select count(*) from app.connection where state = 'live'", at_least=2)
        # The first messages find the drain run: what is measured is the warm path.
        await asyncio.to_thread(demo.control, "burst", {"count": 40, "rate": _RATE})
        demo.wait_for("select count(*) from app.message_score", at_least=10)
        demo.wait_for("select 1 - least(1, count(*)) from app.ai_task")
        context.progress(f"{count} messages at {_RATE}/s")
        with _asking(demo) as answers:
            heard = await _listen(demo, count)
        counted = _until_counted(demo, answers)
        latencies = _latencies(demo, heard)
        eligible = _eligible(demo)
    details = {"messages": len(latencies), "rate_per_s": _RATE, "scored_of_eligible": eligible}
    peer = "the clock: emitted by the stand-in until read from the WebSocket"
    return [
        Figure("e2e.score_p50_s", percentile(latencies, 0.50), "s", "lower", 1.5, peer, details),
        Figure("e2e.score_p95_s", percentile(latencies, 0.95), "s", "lower", 4.0, peer, details),
        Figure(
            "e2e.kpi_p95_s",
            percentile(counted, 0.95),
            "s",
            "lower",
            5.0,
            "the clock: score committed until counted by the API",
            {"scores": len(counted), "answers": len(answers), "p50_s": percentile(counted, 0.5)},
        ),
    ]


async def _listen(demo: RunningDemo, count: int) -> dict[str, float]:
    """Epoch seconds at which each message id was heard as analyzed, while `count` messages are emitted."""
    heard: dict[str, float] = {}

    async def read(socket: Any) -> None:
        async for frame in socket:
            event = json.loads(frame)
            if event.get("type") == "message_analyzed":
                heard.setdefault(event["payload"]["message_id"], time.time())

    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        sockets = [await stack.enter_async_context(demo.live(demo.user(name))) for name in _COMPANIES]
        readers = [group.create_task(read(socket)) for socket in sockets]
        await asyncio.to_thread(demo.control, "burst", {"count": count, "rate": _RATE})
        await asyncio.to_thread(demo.wait_for, "select 1 - least(1, count(*)) from app.ai_task where kind = 'score'")
        await asyncio.sleep(2)  # the last frames are on their way; nothing says which one is the last
        for reader in readers:
            reader.cancel()
    return heard


@contextmanager
def _asking(demo: RunningDemo) -> Generator[list[tuple[float, int]]]:
    """Asks for the KPIs of the open day five times a second: when each answer came, and how many scores it counted."""
    user, stop, answers = demo.user(_COMPANIES[0]), threading.Event(), list[tuple[float, int]]()
    today = date.today()  # noqa: DTZ011 - a day before and after are asked for, whatever the company's is
    period = {"from": str(today - timedelta(days=1)), "to": str(today + timedelta(days=1))}

    def ask() -> None:
        with closing(demo.login(user)) as client:
            while not stop.wait(0.2):
                told = client.get(f"/api/tenants/{user['tenant_id']}/metrics", params=period).json()
                answers.append((time.time(), told["scored"]))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield answers
    finally:
        stop.set()
        asking.join()


def _until_counted(demo: RunningDemo, answers: list[tuple[float, int]]) -> list[float]:
    """For each score that was committed while the KPIs were asked for: seconds until an answer counted it."""
    user, today = demo.user(_COMPANIES[0]), date.today()  # noqa: DTZ011 - as above
    with demo.database() as connection:
        rows = connection.execute(
            _SCORED_AT, (user["tenant_id"], today - timedelta(days=1), today + timedelta(days=1))
        ).fetchall()
    began, counted = answers[0][0], list[float]()
    for place, (scored_at,) in enumerate(rows, start=1):
        heard = next((at for at, count in answers if count >= place), None)
        if scored_at >= began and heard is not None:
            counted.append(max(0.0, heard - scored_at))
    return counted


def _latencies(demo: RunningDemo, heard: dict[str, float]) -> list[float]:
    emitted: dict[str, float] = {}
    for name in _COMPANIES:
        for _row, external_id, _from_me, _type, _sent, at in demo.control(f"messages/{name}")["messages"]:
            if at is not None:
                emitted[external_id] = at
    with demo.database() as connection:
        external = dict(connection.execute(_EXTERNAL_IDS).fetchall())
    return [at - emitted[external[message]] for message, at in heard.items() if external[message] in emitted]


def _eligible(demo: RunningDemo) -> str:
    with demo.database() as connection:
        row = connection.execute(
            "select count(s.message_id), count(*) from app.message as m"
            " inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id"
            " left join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id"
            " where m.direction = 'in' and m.chat_kind = 'individual' and b.text <> '' and b.deleted_at is null"
        ).fetchone()
    assert row is not None
    return f"{row[0]}/{row[1]}"
