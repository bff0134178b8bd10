"""A supervisor that is killed leaves no orphans, and the next one ends what is left all the same."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from evosense.errors import ConfigurationError
from evosense.stack.folder import hold
from evosense.stack.leftovers import MARK, earlier_mark, end_marked, new_mark

SUPERVISOR = textwrap.dedent("""
    import asyncio, json, os, sys
    from pathlib import Path
    from evosense.stack.parts import ProcessService
    from evosense.stack.progress import PlainReporter
    from evosense.stack.supervisor import Supervisor

    async def main():
        folder = Path(sys.argv[1])
        parts = [
            ProcessService(name, (sys.executable, "-c", sys.argv[2]), dict(os.environ), folder / f"{name}.log", folder)
            for name in ("one", "two")
        ]
        supervisor = Supervisor(parts, PlainReporter(lambda text: None))
        asyncio.create_task(supervisor.run())
        await supervisor.wait_ready()
        print(json.dumps([running.pid for running in supervisor._running.values()]), flush=True)
        await asyncio.Event().wait()

    asyncio.run(main())
""")


def start(folder: Path, child: str, mark: str = "") -> tuple[subprocess.Popen[str], list[psutil.Process]]:
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(folder), child],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, MARK: mark},
    )
    assert process.stdout is not None
    return process, [psutil.Process(pid) for pid in json.loads(process.stdout.readline())]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_children_end_with_a_killed_supervisor(tmp_path: Path) -> None:
    supervisor, children = start(tmp_path, "import time; time.sleep(60)")
    supervisor.kill()
    supervisor.wait()
    psutil.wait_procs(children, timeout=10)
    assert [child for child in children if alive(child)] == []


def test_children_that_ignore_it_are_ended_by_the_next_start(tmp_path: Path) -> None:
    mark = new_mark(tmp_path)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    supervisor, children = start(tmp_path, deaf, mark)
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        for name in ("one", "two"):
            while not (tmp_path / f"{name}.log").read_text():  # the children say when they are deaf
                os.sched_yield()
        supervisor.kill()
        supervisor.wait()
        assert all(alive(child) for child in children)
        assert earlier_mark(tmp_path) == mark
        assert asyncio.run(end_marked(earlier_mark(tmp_path), patience_seconds=0.2)) == 2
        assert [child for child in children if alive(child)] == []
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_children_start_with_default_signals_even_below_a_background_shell(tmp_path: Path) -> None:
    code = (
        "import signal, time; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler,"
        " signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, flush=True); time.sleep(60)"
    )
    # What `evosense up &` in a script does to a process: SIGINT is ignored, and that is inherited.
    held = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        supervisor, children = start(tmp_path, code)
    finally:
        signal.signal(signal.SIGINT, held)
    try:
        while not (tmp_path / "one.log").read_text():
            os.sched_yield()
        assert (tmp_path / "one.log").read_text().split() == ["True", "True"]
    finally:
        supervisor.kill()
        supervisor.wait()
        psutil.wait_procs(children, timeout=10)


def test_a_folder_is_held_by_one_stack(tmp_path: Path) -> None:
    refusal = rf"already runs from {tmp_path} \(process {os.getpid()}\)"
    with hold(tmp_path), pytest.raises(ConfigurationError, match=refusal), hold(tmp_path):
        pass
    with hold(tmp_path):
        pass


def alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
