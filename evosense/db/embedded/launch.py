"""Start and stop the postmaster with pg_ctl, which detaches it from our terminal (no Ctrl-C reaches it)."""

from __future__ import annotations

import socket
import time
from pathlib import Path

from evosense.db.embedded.failures import explain
from evosense.db.embedded.places import Places
from evosense.db.embedded.postmaster import find_postmaster, is_alive
from evosense.errors import ConfigurationError

START_SECONDS = 60
_STOP_SECONDS = 30
_LOG_BYTES = 10_000_000
_TAIL_BYTES = 4_000


def start_postmaster(places: Places, binaries: Path, *, port: int | None) -> None:
    """Start the server of an existing cluster and wait until it takes connections.

    Raises:
        ConfigurationError: why it did not start, in one sentence.
    """
    _check_port(port)
    _rotate(places.log)
    done = places.owner.run(
        [
            binaries / "pg_ctl",
            f"--pgdata={places.cluster}",
            f"--log={places.log}",
            f"--timeout={START_SECONDS}",
            "--wait",
            "--silent",
            "start",
        ]
    )
    if done.returncode != 0:
        raise explain(done.stdout + _tail(places.log), place=places.home, log=places.log, port=port)


def stop_postmaster(places: Places, binaries: Path) -> None:
    """Stop the running server, if any: first by ending its sessions, then at once.

    Raises:
        ConfigurationError: it is still there after both.
    """
    running = find_postmaster(places.cluster)
    if running is None:
        return
    for mode in ("fast", "immediate"):
        places.owner.run(
            [
                binaries / "pg_ctl",
                f"--pgdata={places.cluster}",
                f"--mode={mode}",
                f"--timeout={_STOP_SECONDS}",
                "--wait",
                "--silent",
                "stop",
            ]
        )
        if _gone(running.pid, timeout_seconds=1.0):
            return
    raise ConfigurationError(f"Postgres (process {running.pid}) does not stop: look at {places.log}.")


def _check_port(port: int | None) -> None:
    if port is None:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as failure:
            raise ConfigurationError(
                f"Port {port} is taken by another program: stop it or choose another port."
            ) from failure


def _tail(log: Path) -> str:
    try:
        return log.read_bytes()[-_TAIL_BYTES:].decode("utf-8", "replace")
    except OSError:
        return ""


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.rename(log.with_suffix(".log.1"))


def _gone(pid: int, *, timeout_seconds: float) -> bool:
    deadline = time.monotonic() + timeout_seconds
    while is_alive(pid):  # not our child: it can only be looked at
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
