"""Start parts in the order of their dependencies, keep them alive, stop them in reverse."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, Protocol

from evosense.errors import EvoSenseError
from evosense.log import scrub
from evosense.stack.logs import last_line
from evosense.stack.parts import Running, Service, Step
from evosense.stack.restarts import DeathRecord, RestartPolicy

_PROBE_SECONDS = 0.1
_AFTERWARDS = " Everything was stopped; put that right and start again: what was missed is fetched then."


class StackStopped(EvoSenseError):
    """The stack stopped because one of its parts can't work."""

    code = "stack_stopped"


class Reporter(Protocol):
    """Shows a person what happens; every call is cheap."""

    def starting(self, name: str) -> None:
        """A part is being started."""
        ...

    def ready(self, name: str, seconds: float, detail: str) -> None:
        """A part works, `seconds` after its start; `detail` may be empty."""
        ...

    def died(self, name: str, how: str, log: str, retry_seconds: float) -> None:
        """A part ended by itself and is started again in `retry_seconds`."""
        ...

    def stopping(self, name: str) -> None:
        """A part is being stopped."""
        ...


class Supervisor:
    """Runs parts until told to stop, or until one of them fails for good."""

    def __init__(
        self,
        parts: Sequence[Service | Step],
        reporter: Reporter,
        *,
        policy: RestartPolicy | None = None,
        patience_seconds: float = 15.0,
    ) -> None:
        """`parts` in a sensible order; each `after` names earlier ones. ValueError for an unknown name."""
        known = [part.name for part in parts]
        for index, part in enumerate(parts):
            if unknown := set(part.after) - set(known[:index]):
                message = f"{part.name} waits for {unknown}, which come later or not at all"
                raise ValueError(message)
        self._parts = list(parts)
        self._reporter = reporter
        self._policy = policy or RestartPolicy()
        self._patience_seconds = patience_seconds
        self._ready = {name: asyncio.Event() for name in known}
        self._running: dict[str, Running] = {}
        self._undo: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {}
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()

    def request_stop(self) -> None:
        """Stop everything in order; asked again, at once. Safe from a signal handler of the loop."""
        if self._stop.is_set():
            self._hurry.set()
        self._stop.set()

    async def wait_ready(self, *names: str) -> None:
        """Wait until these parts (all, when none is named) were ready once."""
        for name in names or tuple(self._ready):
            await self._ready[name].wait()

    async def run(self) -> None:
        """Start and keep everything until `request_stop`; everything is stopped when this returns.

        Raises:
            StackStopped: a part died too often; the sentence names it, its exit status and its log.
            EvoSenseError: a step failed, with its own sentence.
        """
        keepers = [asyncio.create_task(self._part(part), name=part.name) for part in self._parts]
        stop = asyncio.create_task(self._stop.wait())
        try:
            await self._until_stop_or_failure(keepers, stop)
        finally:
            stop.cancel()
            self._stop.set()
            await _cancel(keepers)
            await self._stop_all()

    async def _until_stop_or_failure(self, keepers: list[asyncio.Task[None]], stop: asyncio.Task[bool]) -> None:
        waiting: set[asyncio.Task[None] | asyncio.Task[bool]] = {*keepers, stop}
        while stop in waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()

    async def _part(self, part: Service | Step) -> None:
        for name in part.after:
            await self._ready[name].wait()
        if isinstance(part, Step):
            await self._once(part)
        else:
            await self._keep(part)

    async def _once(self, step: Step) -> None:
        self._reporter.starting(step.name)
        began = time.monotonic()
        if step.undo is not None:
            self._undo[step.name] = step.undo
        answer = await step.run()
        self._reporter.ready(step.name, time.monotonic() - began, answer)
        self._ready[step.name].set()

    async def _keep(self, service: Service) -> None:
        deaths = DeathRecord(self._policy)
        while True:
            self._reporter.starting(service.name)
            deaths.started()
            how = await self._live(service)
            retry_seconds = deaths.died()
            if retry_seconds is None:
                raise StackStopped(_farewell(service, how, deaths.quick_deaths))
            self._reporter.died(service.name, how, str(service.log), retry_seconds)
            await asyncio.sleep(retry_seconds)

    async def _live(self, service: Service) -> str:
        """One life of a service, from start to end; says how it ended."""
        began = time.monotonic()
        try:
            running = await self._launch(service)
        except OSError as failure:
            return f"it can't be started: {failure.strerror}"
        except EvoSenseError as failure:
            if not self._ready[service.name].is_set():
                raise  # it never worked: a restart won't mend a setting
            return f"it can't be started: {failure.detail}"
        end = asyncio.create_task(running.wait())
        try:
            if await _ready_before(service, end):
                self._reporter.ready(service.name, time.monotonic() - began, f"process {running.pid}")
                self._ready[service.name].set()
            how = await end
        finally:
            end.cancel()
        del self._running[service.name]
        if not service.keep_offspring:
            running.kill()
        return how

    async def _launch(self, service: Service) -> Running:
        """Start a service; a stop that comes meanwhile waits for it, so that nothing is started and forgotten."""
        launch = asyncio.create_task(service.launch())
        try:
            return await asyncio.shield(launch)
        finally:
            with suppress(OSError, EvoSenseError):
                self._running[service.name] = await launch

    async def _stop_all(self) -> None:
        for level in reversed(_levels(self._parts)):
            async with asyncio.TaskGroup() as group:
                for name in level:
                    if running := self._running.pop(name, None):
                        group.create_task(self._stop_one(name, running))
                    elif name in self._undo:
                        group.create_task(self._undo.pop(name)())

    async def _stop_one(self, name: str, running: Running) -> None:
        self._reporter.stopping(name)
        polite = asyncio.create_task(running.stop(patience_seconds=self._patience_seconds))
        hurry = asyncio.create_task(self._hurry.wait())
        await asyncio.wait({polite, hurry}, return_when=asyncio.FIRST_COMPLETED)
        if not polite.done():
            running.kill()
        hurry.cancel()
        await polite


async def _ready_before(service: Service, end: asyncio.Task[str]) -> bool:
    """Probe until the service answers (True) or ends (False)."""
    while service.probe is not None and not await service.probe():
        await asyncio.wait({end}, timeout=_PROBE_SECONDS)
        if end.done():
            return False
    return not end.done()


def _levels(parts: Sequence[Service | Step]) -> list[list[str]]:
    """Names by the length of their longest chain of dependencies: one level can be stopped together."""
    depth: dict[str, int] = {}
    for part in parts:
        depth[part.name] = 1 + max((depth[name] for name in part.after), default=-1)
    return [[name for name in depth if depth[name] == level] for level in range(max(depth.values(), default=-1) + 1)]


def _farewell(service: Service, how: str, deaths: int) -> str:
    reason = scrub(last_line(service.log))
    said = f" It last said: {reason}." if reason else ""
    what = f"{service.name} ended {deaths} times right after its start ({how}); its log is {service.log}."
    return what + said + _AFTERWARDS


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
