"""Processes killed with SIGKILL while messages flow: none is lost, none is doubled, each is scored once.

The whole demo runs. A short sample runs in `make test`; `make faults` kills more often, for longer, and writes
`.evosense/faults.json`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.bench.figures import Figure, write
from tests.running_demo import RunningDemo, running_demo

FULL = os.environ.get("EVOSENSE_PROFILE") == "full"
KILLS = 24 if FULL else 3
COUNT, RATE = (12_000, 60) if FULL else (500, 25)
COMPANIES = ("loja-aurora", "clinica-sorriso")
# The words that the victims' command lines contain, in the order in which the sample kills them.
VICTIMS = ("ingestion", "spawn_main", "serving")
pytestmark = pytest.mark.faults

_LEFT = "select 1 - least(1, count(*)) from app.ai_task"
_UNSCORED = """
select count(*) from app.message as m
inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
left join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id
left join app.inference as i on i.tenant_id = m.tenant_id and i.message_id = m.id
where m.direction = 'in' and m.chat_kind = 'individual' and b.text <> '' and b.deleted_at is null
and m.type <> 'reaction' and s.message_id is null and i.message_id is null
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not pytest's own folder: as root the database's user could not enter it."""
    path = Path(tempfile.mkdtemp(prefix="evosense-faults-"))
    yield path
    shutil.rmtree(path)


def victim(demo: RunningDemo, word: str) -> psutil.Process | None:
    for process in reversed(demo.processes()):
        with contextlib.suppress(psutil.NoSuchProcess):  # Postgres's own children come and go
            if word in " ".join(process.cmdline()):
                return process
    return None


async def kill_now_and_then(demo: RunningDemo) -> int:
    """Kill the victims in turn, at random moments while messages flow; answers how many died."""
    rng = random.Random(20261121)
    killed = 0
    for number in range(KILLS):
        await asyncio.sleep(COUNT / RATE / (KILLS + 1) * rng.uniform(0.7, 1.2))
        process = victim(demo, VICTIMS[number % len(VICTIMS)])
        if process is not None:
            process.kill()
            killed += 1
    return killed


def stored(demo: RunningDemo) -> list[str]:
    with demo.database() as connection:
        return [row[0] for row in connection.execute("select external_id from app.message").fetchall()]


def emitted(demo: RunningDemo) -> set[str]:
    """Ids of the messages that the Evolution server holds (reactions are no messages)."""
    rows = [row for name in COMPANIES for row in demo.control(f"messages/{name}")["messages"]]
    return {external_id for _row, external_id, _from_me, kind, _sent, _at in rows if "reaction" not in kind.lower()}


async def test_nothing_is_lost_or_doubled(folder: Path) -> None:
    with running_demo(folder, "--history-days", "0", "--rate", "0") as demo:
        await asyncio.to_thread(
            demo.wait_for, "select count(*) from app.connection where state = 'live'", at_least=len(COMPANIES)
        )
        flow = asyncio.create_task(asyncio.to_thread(demo.control, "burst", {"count": COUNT, "rate": RATE}))
        killed = await kill_now_and_then(demo)
        await flow
        wanted = emitted(demo)
        every_one = f"select count(*) from app.message where external_id = any('{{{','.join(wanted)}}}')"
        await asyncio.to_thread(demo.wait_for, every_one, at_least=len(wanted), seconds=120)
        await asyncio.to_thread(demo.wait_for, _LEFT)
        found = stored(demo)
        with demo.database() as connection:
            unscored = connection.execute(_UNSCORED).fetchone()
    lost, doubled = wanted - set(found), len(found) - len(set(found))
    if FULL:
        peer = "the ids that the Evolution server holds"
        figures = [
            Figure("faults.stack_kills", killed, "kills", "higher", KILLS, "asked for"),
            Figure("faults.stack_lost", len(lost), "messages", "lower", 0, peer),
            Figure("faults.stack_duplicated", doubled, "rows", "lower", 0, peer),
        ]
        write(Path(".evosense/faults.json"), figures)
    assert killed == KILLS
    assert lost == set()
    assert doubled == 0
    assert unscored == (0,)
