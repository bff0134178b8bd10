"""Logs of the parts: kept small, and read to say why something ended."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

_KEEP_BYTES = 5_000_000
_KEEP_FILES = 3
_TRIM_BYTES = 20_000_000
_TRIM_SECONDS = 600.0


def rotate(log: Path) -> None:
    """Keep a log that grew large as `name.log.1` … `.3` and begin a new one."""
    if not log.exists() or log.stat().st_size < _KEEP_BYTES:
        return
    for number in range(_KEEP_FILES, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        newer = log.with_name(f"{log.name}.{number - 1}") if number > 1 else log
        if newer.exists():
            newer.replace(older)


def last_line(log: Path) -> str:
    """The last line with text, to show why something ended; empty when there is none."""
    try:
        lines = log.read_bytes()[-4_000:].decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def trim(log: Path) -> None:
    """Keep a copy of a log that grew large while its part runs, and empty it in place.

    The part appends (O_APPEND), so it goes on at the new beginning; lines of the moment between are lost.
    """
    if log.exists() and log.stat().st_size > _TRIM_BYTES:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        with log.open("r+b") as file:
            file.truncate(0)


async def keep_small(folder: Path) -> None:
    """Trim every log of the folder from time to time, for ever."""
    while True:
        await asyncio.sleep(_TRIM_SECONDS)
        await asyncio.to_thread(_trim_all, folder)


def _trim_all(folder: Path) -> None:
    for log in folder.glob("*.log"):
        trim(log)
