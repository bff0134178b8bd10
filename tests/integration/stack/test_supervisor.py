"""The supervisor with real child processes that die, hang and fork."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from evosense.errors import ConfigurationError
from evosense.stack.leftovers import MARK, end_marked
from evosense.stack.parts import ProcessService, Step
from evosense.stack.restarts import RestartPolicy
from evosense.stack.supervisor import StackStopped, Supervisor

QUICK = RestartPolicy(first_seconds=0.01, cap_seconds=0.02, quick_seconds=30, give_up_after=3)
SLEEPER = (
    "import signal, time; signal.signal(signal.SIGTERM, lambda *_: exit(0)); print('up', flush=True); time.sleep(60)"
)
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
PARENT = (
    "import subprocess, sys, time;"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "print(child.pid, flush=True); time.sleep(60)"
)


@dataclass
class Recorder:
    """Remembers what was reported, and lets a test wait for it."""

    events: list[tuple[str, str]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def _note(self, kind: str, name: str) -> None:
        self.events.append((kind, name))
        self.changed.set()

    def starting(self, name: str) -> None:
        self._note("starting", name)

    def ready(self, name: str, seconds: float, detail: str) -> None:
        self._note("ready", name)

    def died(self, name: str, how: str, log: str, retry_seconds: float) -> None:
        self._note(f"died {how}", name)

    def stopping(self, name: str) -> None:
        self._note("stopping", name)

    async def until(self, wanted: Callable[[list[tuple[str, str]]], bool]) -> None:
        async with asyncio.timeout(20):
            while not wanted(self.events):
                self.changed.clear()
                await self.changed.wait()


class Stack:
    """Builds services in a folder and runs them beside the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.recorder = Recorder()

    def service(self, name: str, code: str, after: tuple[str, ...] = (), **options: object) -> ProcessService:
        log = self.folder / f"{name}.log"

        async def has_spoken() -> bool:
            return log.exists() and log.stat().st_size > 0

        return ProcessService(
            name=name,
            command=(sys.executable, "-c", code),
            environment={**os.environ, MARK: "test-mark"},
            log=log,
            folder=self.folder,
            after=after,
            **{"probe": has_spoken, **options},  # type: ignore[arg-type]
        )

    def supervise(self, *parts: ProcessService | Step, patience_seconds: float = 10) -> Supervisor:
        return Supervisor(parts, self.recorder, policy=QUICK, patience_seconds=patience_seconds)

    def children(self) -> list[psutil.Process]:
        return [c for c in psutil.Process().children() if str(self.folder) in c.cwd()]


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path)


async def test_parts_start_in_order_and_stop_in_reverse(stack: Stack) -> None:
    async def do() -> str:
        return "done"

    supervisor = stack.supervise(
        stack.service("database", SLEEPER),
        Step("schema", do, after=("database",)),
        stack.service("api", SLEEPER, after=("schema",)),
    )
    run = asyncio.create_task(supervisor.run())
    await supervisor.wait_ready()
    assert len(stack.children()) == 2
    supervisor.request_stop()
    await run
    assert stack.children() == []
    assert stack.recorder.events == [
        ("starting", "database"),
        ("ready", "database"),
        ("starting", "schema"),
        ("ready", "schema"),
        ("starting", "api"),
        ("ready", "api"),
        ("stopping", "api"),
        ("stopping", "database"),
    ]


async def test_a_killed_part_is_named_and_restarted_while_others_live_on(stack: Stack) -> None:
    supervisor = stack.supervise(stack.service("api", SLEEPER), stack.service("listener", SLEEPER))
    run = asyncio.create_task(supervisor.run())
    await supervisor.wait_ready()
    before = {child.pid for child in stack.children()}
    victim = next(iter(before))
    os.kill(victim, signal.SIGKILL)
    await stack.recorder.until(lambda events: sum(kind == "ready" for kind, _ in events) == 3)
    after = {child.pid for child in stack.children()}
    assert len(after) == 2
    assert after & before == before - {victim}
    assert "died signal SIGKILL" in [kind for kind, _ in stack.recorder.events]
    supervisor.request_stop()
    await run


async def test_a_part_that_keeps_dying_stops_the_stack_with_its_reason(stack: Stack) -> None:
    supervisor = stack.supervise(
        stack.service("listener", SLEEPER),
        stack.service("api", "print('no such table'); raise SystemExit(7)"),
    )
    said = r"api ended 3 times .*exit status 7.*api\.log.*no such table.*stopped.*start again"
    with pytest.raises(StackStopped, match=said):
        await supervisor.run()
    assert stack.children() == []
    assert ("stopping", "listener") in stack.recorder.events


async def test_a_program_that_is_missing_is_named(stack: Stack) -> None:
    service = stack.service("api", "")
    service.command = ("/nonexistent/program",)
    with pytest.raises(StackStopped, match=r"api ended 3 times .*can't be started: No such file"):
        await stack.supervise(service).run()


async def test_a_failing_step_stops_the_stack_with_its_own_sentence(stack: Stack) -> None:
    async def fail() -> str:
        raise ConfigurationError("pgvector is missing: install it")

    supervisor = stack.supervise(stack.service("database", SLEEPER), Step("schema", fail, after=("database",)))
    with pytest.raises(ConfigurationError, match="pgvector is missing: install it"):
        await supervisor.run()
    assert stack.children() == []


async def test_a_second_stop_ends_a_part_that_does_not_listen(stack: Stack) -> None:
    supervisor = stack.supervise(stack.service("stubborn", STUBBORN), patience_seconds=60)
    run = asyncio.create_task(supervisor.run())
    await supervisor.wait_ready()
    supervisor.request_stop()
    await stack.recorder.until(lambda events: ("stopping", "stubborn") in events)
    assert len(stack.children()) == 1
    supervisor.request_stop()
    async with asyncio.timeout(10):
        await run
    assert stack.children() == []


async def test_patience_ends(stack: Stack) -> None:
    supervisor = stack.supervise(stack.service("stubborn", STUBBORN), patience_seconds=0.2)
    run = asyncio.create_task(supervisor.run())
    await supervisor.wait_ready()
    supervisor.request_stop()
    async with asyncio.timeout(10):
        await run
    assert stack.children() == []


async def test_what_a_part_started_itself_is_stopped_too(stack: Stack) -> None:
    supervisor = stack.supervise(stack.service("parent", PARENT))
    run = asyncio.create_task(supervisor.run())
    await supervisor.wait_ready()
    grandchild = psutil.Process(int((stack.folder / "parent.log").read_text()))
    supervisor.request_stop()
    await run
    assert not alive(grandchild)


async def test_offspring_of_a_dead_code_server_lives_on_until_the_stack_stops(stack: Stack) -> None:
    async def nothing() -> str:
        return ""

    async def end_all() -> None:
        await end_marked("test-mark")

    supervisor = stack.supervise(
        Step("cleanup", nothing, undo=end_all), stack.service("code", PARENT, after=("cleanup",), keep_offspring=True)
    )
    run = asyncio.create_task(supervisor.run())
    await supervisor.wait_ready()
    worker = psutil.Process(int((stack.folder / "code.log").read_text()))
    worker.parent().kill()  # type: ignore[union-attr]
    await stack.recorder.until(lambda events: sum(kind == "ready" for kind, _ in events) == 3)
    assert alive(worker)
    supervisor.request_stop()
    await run
    assert not alive(worker)


async def test_a_stop_during_the_start_leaves_nothing_behind(stack: Stack) -> None:
    async def never() -> bool:
        return False

    supervisor = stack.supervise(stack.service("slow", SLEEPER, probe=never))
    run = asyncio.create_task(supervisor.run())
    await stack.recorder.until(lambda events: ("starting", "slow") in events)
    supervisor.request_stop()
    await run
    assert stack.children() == []


def test_a_part_may_only_wait_for_an_earlier_one(stack: Stack) -> None:
    with pytest.raises(ValueError, match="api waits for"):
        stack.supervise(stack.service("api", SLEEPER, after=("database",)), stack.service("database", SLEEPER))


def alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
