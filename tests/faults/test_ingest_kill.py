"""Everything that ingestion stands on is killed, cut or stalled under load: none lost, none doubled, gaps on record.

500 messages a second flow over 20 connections while, at random moments, the listener, Postgres and the Evolution
server get SIGKILL, all links are cut, and the database stalls. `make faults` does it 200 times, half of them with two
listeners that share the connections, and writes `.evosense/faults.json`; a short sample runs in `make test`.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from tests.bench.figures import Figure, write
from tests.bench.ingest_world import IngestWorld, ingest_world

FULL = os.environ.get("EVOSENSE_PROFILE") == "full"
FAULTS = 100 if FULL else 5
CONNECTIONS = 20 if FULL else 4
RATE = 500 if FULL else 150
pytestmark = pytest.mark.faults


class Load(threading.Thread):
    """Messages at a rate, whatever happens to the server that sends them."""

    def __init__(self, world: IngestWorld) -> None:
        super().__init__(daemon=True)
        self._world = world
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.is_set():
            try:
                self._world.control("burst", {"count": RATE // 2, "rate": RATE})
            except httpx.HTTPError:
                time.sleep(0.1)  # it was killed; it comes back with what it has stored

    def stop(self) -> None:
        self._done.set()
        self.join(60)


def listener_dies(world: IngestWorld, rng: random.Random) -> None:
    victim = rng.choice(world.listeners)
    victim.kill()
    victim.start()


def evolution_dies(world: IngestWorld, rng: random.Random) -> None:
    world.stand_in.kill()
    time.sleep(rng.uniform(0, 0.5))
    world.stand_in.start()
    world.wait_for_stand_in()


def postgres_dies(world: IngestWorld, rng: random.Random) -> None:
    postmaster = world.server.status.pid
    assert postmaster is not None
    psutil.Process(postmaster).kill()
    time.sleep(rng.uniform(0, 0.5))
    world.server.start()


def links_are_cut(world: IngestWorld, rng: random.Random) -> None:
    world.control("cut", {})


def database_stalls(world: IngestWorld, rng: random.Random) -> None:
    postmaster = psutil.Process(world.server.status.pid)
    family = [postmaster, *postmaster.children(recursive=True)]
    told = [process for process in family if tell(process, signal.SIGSTOP)]
    time.sleep(rng.uniform(0.3, 1.5))
    for process in told:
        tell(process, signal.SIGCONT)


def tell(process: psutil.Process, number: signal.Signals) -> bool:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return False
    return True


DISASTERS: tuple[Callable[[IngestWorld, random.Random], None], ...] = (
    listener_dies,
    links_are_cut,
    evolution_dies,
    database_stalls,
    postgres_dies,
)


def emitted(world: IngestWorld) -> set[str]:
    """Ids of the messages that the Evolution server holds (reactions are no messages)."""
    rows = [row for number in range(CONNECTIONS) for row in world.control(f"messages/bench-{number:04d}")["messages"]]
    return {key_id for _row, key_id, _from_me, kind, _ts, _at in rows if "reaction" not in kind.lower()}


def stored(world: IngestWorld) -> list[str]:
    with psycopg.connect(world.url) as connection:
        return [row[0] for row in connection.execute("select external_id from app.message").fetchall()]


@pytest.mark.parametrize("listeners", [1, 2] if FULL else [1])
def test_nothing_is_lost_or_doubled(listeners: int) -> None:
    rng = random.Random(20261121 + listeners)
    with ingest_world(instances=CONNECTIONS, listeners=listeners) as world:
        world.connect(tenants=2)
        load = Load(world)
        load.start()
        for number in range(FAULTS):
            time.sleep(rng.uniform(0.2, 1.5))
            DISASTERS[number % len(DISASTERS)](world, rng)
        time.sleep(1)
        load.stop()
        wanted = emitted(world)
        every_one = f"select count(*) from app.message where external_id = any('{{{','.join(wanted)}}}')"
        world.wait_for(every_one, len(wanted))
        found = stored(world)
        gaps = int(world.value("select count(*) from app.ingestion_gap"))
    lost, doubled = wanted - set(found), len(found) - len(set(found))
    assert len(wanted) > FAULTS * RATE / 4
    report(lost=len(lost), doubled=doubled, messages=len(wanted), gaps=gaps)
    assert lost == set()
    assert doubled == 0
    assert gaps > 0


_SUM: Counter[str] = Counter()


def report(**run: int) -> None:
    """Add this run to the figures of `make faults`."""
    _SUM.update(run, kills=FAULTS)
    if FULL:
        peer = "the ids that the Evolution server holds"
        seen = {"messages": _SUM["messages"], "gaps": _SUM["gaps"]}
        figures = [
            Figure("faults.kills", _SUM["kills"], "kills", "higher", 2 * FAULTS, "asked for", seen),
            Figure("faults.lost", _SUM["lost"], "messages", "lower", 0, peer),
            Figure("faults.duplicated", _SUM["doubled"], "rows", "lower", 0, peer),
        ]
        write(Path(".evosense/faults.json"), figures)


def test_the_survivor_takes_over() -> None:
    """One of two listeners dies; the other one hears its connections at once when their leases have run out."""
    taken_s: list[float] = []
    with ingest_world(instances=CONNECTIONS, listeners=2) as world:
        world.connect(tenants=2)
        for number in range(6 if FULL else 1):
            world.wait_for("select count(distinct owner) from app.connection_lease", 2)
            world.wait_for("select count(*) from app.connection where state = 'live'", CONNECTIONS)
            victim = world.listeners[number % 2]
            assert victim.process is not None
            theirs = orphans(world, victim.process.pid)
            died_at, started = world.value("select clock_timestamp()"), time.monotonic()
            victim.kill()
            # Joined again, and what was missed meanwhile fetched: the row itself says `live` all the time.
            served = f"select count(distinct connection_id) from app.ingestion_gap where closed_at > '{died_at}'"
            world.wait_for(f"{served} and connection_id = any('{{{','.join(theirs)}}}')", len(theirs))
            taken_s.append(time.monotonic() - started)
            victim.start()
    if FULL:
        figure = Figure("faults.takeover_s", max(taken_s), "s", "lower", 10, "leases of 8 s", {"all": taken_s})
        write(Path(".evosense/faults.json"), [figure])


def orphans(world: IngestWorld, pid: int) -> list[str]:
    """The connections that a listener holds; it names itself by host, process and a random word."""
    query = "select connection_id::text from app.connection_lease where split_part(owner, ':', 2) = %s"
    with psycopg.connect(world.url) as connection:
        found = [row[0] for row in connection.execute(query, [str(pid)]).fetchall()]
    assert found
    return found
