"""File locks of the data folder, kept by the kernel: a holder that is killed loses them at once.

Two locks make any number of holders safe without counting pids in a file:
`lock` (exclusive, held only while starting or stopping) and `users.lock` (shared, held by everyone who uses
the server). Whoever leaves and can take `users.lock` alone was the last one, and stops the server.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from evosense.errors import ConfigurationError

_POLL_SECONDS = 0.05


@contextmanager
def exclusive(path: Path, *, timeout_seconds: float = 120.0) -> Generator[None]:
    """Hold the lock file at `path` alone.

    Raises:
        ConfigurationError: somebody else held it for longer than `timeout_seconds`.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + timeout_seconds
        while not _try_lock(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise ConfigurationError(
                    f"Another evosense (process {_holder(descriptor)}) has been starting or stopping "
                    f"this database for {timeout_seconds:.0f} s: look at it or end it; the lock is {path}."
                )
            time.sleep(_POLL_SECONDS)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


class SharedUse:
    """Our mark that we use the server, next to everybody else's."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether the mark is set."""
        return self._descriptor is not None

    def take(self) -> bool:
        """Set the mark; returns True when nobody else uses the server. Call under the exclusive lock."""
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        alone = self.alone()
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        return alone

    def alone(self) -> bool:
        """Whether nobody else uses the server (converts the mark: call under the exclusive lock)."""
        if self._descriptor is None:
            return False
        alone = _try_lock(self._descriptor, fcntl.LOCK_EX)
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        return alone

    def leave(self) -> None:
        """Remove the mark."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(descriptor: int) -> str:
    return os.pread(descriptor, 20, 0).decode("ascii", "replace") or "unknown"
