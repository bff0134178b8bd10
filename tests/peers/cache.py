"""Where real peers are built once and kept: the folder that EVOSENSE_PEERS names (`make peers` sets it)."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

FOLDER = os.environ.get("EVOSENSE_PEERS", "")
opted_in = pytest.mark.skipif(not FOLDER, reason="builds real AI servers, which takes minutes: make peers")


@contextmanager
def fresh(name: str) -> Generator[Path]:
    """A folder to build `name` in; it becomes FOLDER/name only when the block ends well, so half a build never counts.

    Call it only where FOLDER/name is not there yet.
    """
    final = Path(FOLDER).resolve() / name
    work = final.with_name(f"{name}.part")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    yield work
    work.rename(final)


def run(command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str] | None = None) -> None:
    """Run a step of a build; its last words are in the failure."""
    ended = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, f"{' '.join(map(str, command[:3]))} …\n{(ended.stdout + ended.stderr)[-3000:]}"
