"""End what an earlier stack left running when it was killed.

Every process of a stack carries the stack's mark in its environment, grandchildren included, and the mark is kept
in the data folder. So an orphan is known for certain: never by its name, nor by a pid that may be another's now.
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import psutil

from evosense.db.embedded.postmaster import is_alive
from evosense.db.ids import new_id

MARK = "EVOSENSE_STACK_MARK"
_FILE = "stack.mark"
_PATIENCE_SECONDS = 5.0


def new_mark(data_dir: Path) -> str:
    """Write a fresh mark for this stack into the data folder and return it. Call after `earlier_mark`."""
    mark = new_id().hex
    (data_dir / _FILE).write_text(mark + "\n", "utf-8")
    return mark


def earlier_mark(data_dir: Path) -> str | None:
    """The mark of the stack that ran here before."""
    file = data_dir / _FILE
    return file.read_text("utf-8").strip() if file.exists() else None


async def end_marked(mark: str | None, *, patience_seconds: float = _PATIENCE_SECONDS) -> int:
    """End all processes that carry the mark, SIGTERM first; returns how many there were."""
    found = await asyncio.to_thread(_marked, mark) if mark else []
    await asyncio.to_thread(_end, found, patience_seconds)
    return len(found)


def _marked(mark: str | None) -> list[psutil.Process]:
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(MARK) == mark:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess, OSError):
            continue
    return found


def _end(processes: list[psutil.Process], patience_seconds: float) -> None:
    alive = processes
    for method in ("terminate", "kill"):
        for process in alive:
            try:
                getattr(process, method)()  # psutil compares the start time, so a reused pid is safe
            except psutil.NoSuchProcess:
                continue
        deadline = time.monotonic() + patience_seconds
        while (alive := [process for process in alive if is_alive(process.pid)]) and time.monotonic() < deadline:
            time.sleep(0.02)
