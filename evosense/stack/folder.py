"""The data folder of a stack: one stack at a time, its secret, its log folder."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from evosense.errors import ConfigurationError


@contextmanager
def hold(data_dir: Path) -> Generator[None]:
    """Hold the data folder alone for the length of the block; the kernel lets go of it if we are killed.

    Raises:
        ConfigurationError: another stack runs from it, or it can't be written.
    """
    try:
        (data_dir / "logs").mkdir(parents=True, exist_ok=True)
        descriptor = os.open(data_dir / "stack.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as failure:
        message = f"The data folder {data_dir} can't be used ({failure.strerror}): choose another DATA_DIR."
        raise ConfigurationError(message) from failure
    try:
        _lock(descriptor, data_dir)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def kept_secret(data_dir: Path, name: str) -> str:
    """A random secret of 64 characters that is made once and kept in the data folder (mode 0600)."""
    file = data_dir / name
    if not file.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        write_private(file, secrets.token_urlsafe(48) + "\n")
    return file.read_text("utf-8").strip()


def write_private(file: Path, text: str) -> None:
    """Write a file that only we can read, so that a reader never sees half of it."""
    draft = file.with_name(file.name + ".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text, "utf-8")
    draft.replace(file)


def _lock(descriptor: int, data_dir: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as refusal:
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace") or "unknown"
        message = (
            f"EvoSense already runs from {data_dir} (process {holder}): "
            "stop it with Ctrl-C there, or choose another DATA_DIR."
        )
        raise ConfigurationError(message) from refusal
