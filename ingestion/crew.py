"""The tasks of a listener: none of them ends unnoticed.

Two kinds. What the whole process lives on (writer, roster, watchdog …) is `start`ed: if it ends by itself, nobody
foresaw why and nobody knows what it left undone, so the process stops and says so with its exit code. Its leases are
given back at once, and whoever takes the connections over fetches what was not stored. What serves a single connection
(links, repairs) is `keep`t: it begins again after a while, because an odd answer of one company's server must not stop
the others.

Each unexpected end is logged without the error's own words, which may be a person's, and counted. The process calls
itself unhealthy when one of the first kind has ended, and for a while after the database refused one of the second.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

import psycopg

from evosense.log import get_logger
from ingestion.backoff import Backoff
from ingestion.metrics import Metrics

_UNHEALTHY_S: Final = 30.0
_log = get_logger(__name__)


class Crew:
    """One per process. `lost` is set when a task that the process lives on has ended by itself."""

    def __init__(self, metrics: Metrics) -> None:
        self.lost = asyncio.Event()
        self._metrics = metrics
        self._tasks: list[asyncio.Task[None]] = []
        self._refused_at: float | None = None

    @property
    def is_well(self) -> bool:
        """Whether all go about their work, as far as the process itself is concerned."""
        recently = self._refused_at is not None and time.monotonic() - self._refused_at < _UNHEALTHY_S
        return not self.lost.is_set() and not recently

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Begin what the process lives on; `name` becomes a label of the metrics."""
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    async def stop(self) -> None:
        """End what was started."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def keep(
        self, name: str, work: Callable[[], Awaitable[None]], failed: Callable[[], None] = lambda: None
    ) -> None:
        """Do `work` to its end; one that fails is told, also by calling `failed`, and begun again after a while."""
        backoff = Backoff()
        while True:
            started = time.monotonic()
            try:
                await work()
            except Exception as error:  # noqa: BLE001 - whatever it was, the connection needs its link and its repair
                self.tell(name, error)
                failed()
            else:
                return
            backoff.held_for(time.monotonic() - started)
            await asyncio.sleep(backoff.next_wait())

    def tell(self, name: str, error: BaseException | None) -> None:
        """Log and count an unexpected end."""
        self._metrics.task_failures.labels(name).inc()
        _log.error("task_failed", task=name, error_class=type(error).__name__, where=_where(error))
        if isinstance(error, psycopg.Error):  # what the database refuses one connection it refuses them all
            self._refused_at = time.monotonic()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        self.tell(task.get_name(), task.exception())
        self.lost.set()


def _where(error: BaseException | None) -> str | None:
    """File and line in which it was raised."""
    trace = error.__traceback__ if error else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else None
