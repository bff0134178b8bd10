"""Captured frames in, and at each stage exactly what an independent reader of the frames counts.

The real processes: stand-in Evolution server, listener, Postgres, Dagster with its drain run, dbt, API, WebSocket.
Frames are replayed byte for byte, in a shuffled order, and then all over again: repeats change nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import frame_reader
from tests.e2e.frame_reader import Key
from tests.running_demo import RunningDemo, running_demo

INSTANCES = {"loja-a": "TOKEN-LOJA-A", "loja-b": "TOKEN-LOJA-B"}
_BUSY = "select 1 - least(1, count(*)) from app.ai_task"


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not pytest's own folder: as root the database's user could not enter it."""
    path = Path(tempfile.mkdtemp(prefix="evosense-path-"))
    yield path
    shutil.rmtree(path)


def cli(demo: RunningDemo, *words: str, stdin: str = "") -> str:
    """Run `evosense …` as an operator of the demo would."""
    environment = os.environ | {"DATA_DIR": str(demo.folder / "data"), "EVO_ALLOWED_NETWORKS": "127.0.0.0/8"}
    command = [str(Path(sys.executable).with_name("evosense")), *words]
    done = subprocess.run(command, env=environment, input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def listen_to_the_captured_instances(demo: RunningDemo, tenant_id: str) -> None:
    for name, token in INSTANCES.items():
        demo.control("instances", {"name": name, "token": token})
        words = ("connections", "add", name, "--tenant", tenant_id, "--instance", name)
        cli(demo, *words, "--server", demo.info["evolution_url"], "--token-stdin", stdin=token + "\n")
        # A namespace exists once something was emitted on it, and that first event goes to nobody.
        demo.control("connection", {"instance": name, "state": "open"})
    demo.wait_for("select count(*) from app.connection where state = 'live' and instance like 'loja-_'", at_least=2)


def keys(demo: RunningDemo, table: str) -> list[Key]:
    """The messages of the captured instances that have a row in `table`, in order."""
    identity = "id" if table == "app.message" else "message_id"
    statement = (
        f"select c.instance, m.external_id, m.from_me from {table} as x"
        f" inner join app.message as m on m.tenant_id = x.tenant_id and m.id = x.{identity}"
        " inner join app.connection as c on c.tenant_id = m.tenant_id and c.id = m.connection_id"
        " where c.instance like 'loja-_' order by 1, 2, 3"
    )
    with demo.database() as connection:
        return [Key(*row) for row in connection.execute(statement.encode()).fetchall()]


def texts(demo: RunningDemo) -> dict[Key, str | None]:
    statement = (
        "select c.instance, m.external_id, m.from_me, b.text from app.message as m"
        " inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id"
        " inner join app.connection as c on c.tenant_id = m.tenant_id and c.id = m.connection_id"
        " where c.instance like 'loja-_'"
    )
    with demo.database() as connection:
        return {Key(*row[:3]): row[3] for row in connection.execute(statement).fetchall()}


def counts(demo: RunningDemo) -> dict[str, int]:
    """Rows of every table that a repeat could fill again."""
    tables = ("message", "message_body", "message_event", "media_ref", "message_score", "message_embedding", "ai_task")
    with demo.database() as connection:
        found = {table: connection.execute(f"select count(*) from app.{table}".encode()).fetchone() for table in tables}
        # By content: the same event is kept once a day, and a test may run over midnight. The stand-in tells a
        # contact with each mark, so contacts are left out.
        found["raw"] = connection.execute(
            "select count(distinct digest) from raw.evolution_event where event not like 'contacts.%'"
        ).fetchone()
    return {table: row[0] for table, row in found.items() if row is not None}


async def replay(demo: RunningDemo, names: list[str], seed: int) -> None:
    """Emit the captures in a shuffled order, and wait until everything that came of them is done."""
    shuffled = random.Random(seed).sample(names, len(names))
    await asyncio.to_thread(demo.control, "replay", {"names": shuffled})
    # A last message of its own says that the listener has read all that came before it on both links.
    for name in INSTANCES:
        mark = {"kind": "sticker", "chat": "5511900000099@s.whatsapp.net", "key_id": f"MARK{seed}"}
        await asyncio.to_thread(demo.control, "emit", {"instance": name, "messages": [mark]})
    marks = f"select count(*) from app.message where external_id = 'MARK{seed}'"
    await asyncio.to_thread(demo.wait_for, marks, at_least=len(INSTANCES))
    await asyncio.to_thread(demo.wait_for, _BUSY)


async def heard(socket: Any, wanted: int) -> list[str]:
    """Ids of the messages announced as analysed."""
    found: list[str] = []
    async with asyncio.timeout(60):
        async for text in socket:
            frame = json.loads(text)
            if frame["type"] == "message_analyzed":
                found.append(frame["payload"]["message_id"])
            if len(set(found)) >= wanted:
                return found
    raise AssertionError("the socket ended")


async def test_the_whole_path(folder: Path) -> None:
    captures = frame_reader.load()
    expected = frame_reader.read(captures)
    names = list(captures["socketio_2_3_7"])
    with running_demo(folder, "--history-days", "0", "--rate", "0") as demo:
        user = demo.user("loja-aurora")
        with demo.database() as connection:  # the captures are of November 2026, whenever this test runs
            connection.execute("update app.plan set retention_days = 36500")
        listen_to_the_captured_instances(demo, user["tenant_id"])
        demo.control("replay", {"captures": captures})
        async with demo.live(user) as socket:
            await replay(demo, names, seed=1)
            announced = await heard(socket, len(expected.scored))

        check_tables(demo, expected)
        check_api(demo, expected, announced)
        check_mart(demo, expected)

        before = counts(demo)
        await replay(demo, names * 2, seed=2)
        after = counts(demo)
        marks = dict.fromkeys(("message", "message_body", "media_ref", "raw"), len(INSTANCES))
        assert {table: after[table] - before[table] for table in before} == dict.fromkeys(before, 0) | marks


def without_marks(found: list[Key]) -> list[Key]:
    return [key for key in found if not key.external_id.startswith("MARK")]


def check_tables(demo: RunningDemo, expected: frame_reader.Expected) -> None:
    assert without_marks(keys(demo, "app.message")) == sorted(expected.texts)
    scored, embedded = keys(demo, "app.message_score"), keys(demo, "app.message_embedding")
    assert len(scored) == len(set(scored))
    assert set(scored) - expected.deleted == expected.scored
    assert set(embedded) - expected.deleted == expected.embedded
    stored = {key: text for key, text in texts(demo).items() if key in expected.texts and key not in expected.deleted}
    assert {key: text or None for key, text in stored.items()} == {
        key: text for key, text in expected.texts.items() if key not in expected.deleted
    }


def check_api(demo: RunningDemo, expected: frame_reader.Expected, announced: list[str]) -> None:
    user, stranger = demo.user("loja-aurora"), demo.user("clinica-sorriso")
    page = demo.login(user).get("/api/messages", params={"limit": 100}).raise_for_status().json()
    shown = [item for item in page["items"] if item["type"] != "sticker"]
    assert len(shown) == len(expected.texts)
    assert {item["id"] for item in shown if item["sentiment"] is not None} <= set(announced)
    found = demo.login(user).get("/api/messages", params={"q": "remarcar consulta"}).json()["items"]
    assert [item["text"] for item in found] == ["Quero remarcar minha consulta para sexta"]
    assert demo.login(stranger).get("/api/messages", params={"q": "remarcar consulta"}).json()["items"] == []


def check_mart(demo: RunningDemo, expected: frame_reader.Expected) -> None:
    cli(demo, "warehouse", "build")
    with demo.database() as connection:
        row = connection.execute(
            "select sum(messages_in), sum(scored), sum(messages_group), sum(messages_deleted)"
            " from analytics.fct_daily_kpis"
        ).fetchone()
    assert row == (
        len(expected.inbound - expected.deleted),  # the marks are stickers, which are counted apart
        len(expected.scored),
        len(expected.groups),
        len(expected.deleted),
    )
