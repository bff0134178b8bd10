"""Tell a living server from a stale postmaster.pid.

A pid alone proves nothing: after a reboot or a container restart it may name any process. A server is
ours only if its program is `postgres` and its -D argument is our cluster.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from evosense.errors import ConfigurationError

PID_FILE = "postmaster.pid"
_ORPHANS_LEAVE_SECONDS = 1.0
_ORPHANS_DIE_SECONDS = 5.0


@dataclass(frozen=True)
class Postmaster:
    """The running server of a cluster."""

    pid: int
    port: int
    socket_folder: Path
    tcp: bool


def find_postmaster(cluster: Path) -> Postmaster | None:
    """The living server of this cluster, or None. Changes nothing."""
    lines = _pid_file_lines(cluster)
    if len(lines) < 6 or not lines[0].strip().isdigit():
        return None
    pid = int(lines[0])
    if not _serves(pid, cluster):
        return None
    port = int(lines[3]) if lines[3].strip().isdigit() else 0
    return Postmaster(pid, port, Path(lines[4].strip()), tcp=bool(lines[5].strip()))


def clear_stale(cluster: Path, socket_folder: Path) -> None:
    """After a postmaster died: end what it left behind, and remove a pid file that would stop the next.

    A pid file naming a dead process is left to Postgres, which also checks its shared memory. One that
    names a living process that isn't our server is removed, but only when no process works in the cluster
    any more. The socket folder belongs to this cluster alone, so what lies there is stale as well; Postgres would
    trust a lock file whose process is a zombie.

    Raises:
        ConfigurationError: processes of the dead server don't end.
    """
    _end_orphans(cluster)
    lines = _pid_file_lines(cluster)
    if lines and lines[0].strip().isdigit() and psutil.pid_exists(int(lines[0])):
        (cluster / PID_FILE).unlink(missing_ok=True)
    for left in socket_folder.glob(".s.PGSQL.*"):
        left.unlink(missing_ok=True)


def is_alive(pid: int) -> bool:
    """Whether the process exists and still runs: in a container whose init reaps nobody, zombies stay."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _pid_file_lines(cluster: Path) -> list[str]:
    try:
        return (cluster / PID_FILE).read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return []


def _serves(pid: int, cluster: Path) -> bool:
    try:
        process = psutil.Process(pid)
        arguments = process.cmdline()
        if process.status() == psutil.STATUS_ZOMBIE or not _is_postgres(process):
            return False
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False  # gone, or another user's: ours runs as a user that we may look at
    folder = next((value for flag, value in itertools.pairwise(arguments) if flag == "-D"), None)
    return folder is not None and Path(folder).resolve() == cluster.resolve()


def _is_postgres(process: psutil.Process) -> bool:
    # " (deleted)": the venv was made anew under a running server
    return Path(process.exe().removesuffix(" (deleted)")).name == "postgres"


def _end_orphans(cluster: Path) -> None:
    """Backends leave by themselves once they notice that the postmaster died; one in a long query may not."""
    alive = _wait_gone(_workers_in(cluster), _ORPHANS_LEAVE_SECONDS)
    for process in alive:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    if alive := _wait_gone(alive, _ORPHANS_DIE_SECONDS):
        pids = ", ".join(str(process.pid) for process in alive)
        raise ConfigurationError(f"Processes of an earlier Postgres still hold {cluster}: end them (pid {pids}).")


def _wait_gone(processes: list[psutil.Process], timeout_seconds: float) -> list[psutil.Process]:
    """Those that are still alive after the time; a zombie counts as gone (psutil.wait_procs waits for it)."""
    deadline = time.monotonic() + timeout_seconds
    while alive := [process for process in processes if is_alive(process.pid)]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.02)
    return alive


def _workers_in(cluster: Path) -> list[psutil.Process]:
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            if process.name() == "postgres" and Path(process.cwd()) == cluster and _is_postgres(process):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found
