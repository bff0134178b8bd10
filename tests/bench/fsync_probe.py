"""What an fsync takes on this disk, beside what is measured."""

from __future__ import annotations

import os
import tempfile
import threading
import time

from tests.bench.figures import percentile


class FsyncProbe(threading.Thread):
    """Writes 8 KB and fsyncs, fifty times a second, beside what is measured."""

    def __init__(self, folder: str) -> None:
        super().__init__(daemon=True)
        self._folder = folder
        self._done = threading.Event()
        self._times: list[float] = []

    def run(self) -> None:
        """Until stopped."""
        with tempfile.TemporaryFile(dir=self._folder) as file:
            while not self._done.wait(0.02):
                started = time.perf_counter()
                os.pwrite(file.fileno(), b"x" * 8192, 0)
                os.fsync(file.fileno())
                self._times.append((time.perf_counter() - started) * 1000)

    def stop(self) -> float:
        """The median in milliseconds."""
        self._done.set()
        self.join()
        return percentile(self._times, 0.5)
