"""The drain in a thread of its own, for callers whose main thread belongs to somebody else (a Dagster run).

Dagster ends a run by raising an exception in the main thread at any moment; an event loop there would be torn
down half-way through a batch. Here the main thread only listens to reports, and stopping lets the batch in hand
be written.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Sequence
from types import TracebackType

from evosense.db.database import open_pool
from evosense.scoring.backends import open_models
from evosense.scoring.drain import Drain, DrainOptions
from evosense.scoring.event_loop import new_loop
from evosense.scoring.models import Done
from evosense.settings import AiSettings, DatabaseSettings


class DrainThread:
    """A running drain: `with DrainThread(...) as drain: drain.reports(timeout)`."""

    def __init__(self, database: DatabaseSettings, ai: AiSettings, options: DrainOptions) -> None:
        self._database = database
        self._ai = ai
        self._options = options
        self._reports: queue.SimpleQueue[Sequence[Done]] = queue.SimpleQueue()
        self._loop = new_loop()
        self._stop = asyncio.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="drain", daemon=True)

    def __enter__(self) -> DrainThread:
        """Start working."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop after the batch in hand. Raises what ended the drain, unless something else is on its way up."""
        self.stop()
        if self._failure is not None and error is None:
            raise self._failure

    def stop(self) -> None:
        """Let the batch in hand be written and end; again and again is fine."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    @property
    def name(self) -> str:
        """What the drain's connection is called."""
        return self._options.name

    @property
    def is_alive(self) -> bool:
        """Whether it still works."""
        return self._thread.is_alive()

    def reports(self, timeout_seconds: float) -> list[Done]:
        """What was done since the last look; waits for something, at most so long."""
        done: list[Done] = []
        try:
            done += self._reports.get(timeout=timeout_seconds)
            while True:
                done += self._reports.get_nowait()
        except queue.Empty:
            return done

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._drain())
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits for us
            self._failure = error
        finally:
            self._loop.close()

    async def _drain(self) -> None:
        url = self._database.require_url()
        direct = self._database.require_direct_url()
        async with (
            open_pool(url, "evosense_pipeline", max_size=6, application="evosense scoring") as pool,
            open_models(self._ai) as models,
        ):
            drain = Drain(direct, pool, models.fleet, models.embedder, options=self._options, report=self._reports.put)
            await drain.run(self._stop)
