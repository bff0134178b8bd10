"""One running child process: started with a clean signal state, its own session and a log file.

A child gets SIGTERM from the kernel when the supervisor dies (PR_SET_PDEATHSIG, Linux), so not even a killed
supervisor leaves orphans. Its signals are set to their defaults: from a background shell it would inherit an ignored
SIGINT, and Dagster then ignores SIGTERM too.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

_PR_SET_PDEATHSIG = 1


class Child:
    """A started process and everything it started itself (its process group)."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, command: Sequence[str], *, environment: Mapping[str, str], log: Path, folder: Path) -> Child:
        """Start `command` in `folder` with exactly `environment`; both outputs go to `log`.

        Raises:
            OSError: the program can't be started.
        """
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                env=dict(environment),
                cwd=folder,
                start_new_session=True,
                preexec_fn=_follow_parent(os.getpid()),
            )
        return cls(process)

    @property
    def pid(self) -> int:
        """Process id, which is also its group's and session's."""
        return self._process.pid

    async def wait(self) -> str:
        """Wait for its end; says how it ended: "exit status 1" or "signal SIGKILL"."""
        status = await self._process.wait()
        if status >= 0:
            return f"exit status {status}"
        return f"signal {signal.Signals(-status).name}"

    async def stop(self, *, patience_seconds: float) -> None:
        """End the whole group: SIGTERM, and SIGKILL for whoever is left after `patience_seconds`."""
        self._signal(signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_seconds):
                await self._process.wait()
                while self._has_company():  # noqa: ASYNC110 - grandchildren send us no event
                    await asyncio.sleep(0.05)
        self.kill()
        await self._process.wait()

    def kill(self) -> None:
        """SIGKILL for the whole group, at once."""
        self._signal(signal.SIGKILL)

    def _has_company(self) -> bool:
        for process in psutil.process_iter(["status"]):
            with suppress(ProcessLookupError):
                if os.getpgid(process.pid) == self.pid and process.info["status"] != psutil.STATUS_ZOMBIE:
                    return True
        return False

    def _signal(self, number: int) -> bool:
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return False
        return True


def _follow_parent(parent: int):  # noqa: ANN202 - pyright infers the closure
    library = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def prepare() -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        if library is not None:
            library.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
            if os.getppid() != parent:  # it died between fork and prctl
                os._exit(1)

    return prepare
