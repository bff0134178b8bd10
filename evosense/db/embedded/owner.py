"""The operating-system user that runs the server: Postgres refuses to run as root.

A plain user runs it as itself. Root runs it as the unprivileged system user `evosense`, made on first use, or
as `nobody` where users can't be made (a read-only /etc, no useradd).
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evosense.errors import ConfigurationError

SYSTEM_USER = "evosense"
_FALLBACK_USER = "nobody"


@dataclass(frozen=True)
class ServerOwner:
    """Who runs the server; `switch` says whether we (root) have to become that user first."""

    name: str
    uid: int
    gid: int
    switch: bool

    def run(
        self, command: Sequence[str | Path], *, environment: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as this user from `/` (a folder that every user may enter) and wait for it.

        Output is merged and captured. Never raises for a non-zero exit status.
        """
        return subprocess.run(  # noqa: S603 - fixed programs of the wheel, no shell
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", **(environment or {})},
            user=self.uid if self.switch else None,
            group=self.gid if self.switch else None,
            extra_groups=[] if self.switch else None,
        )

    def can(self, access: str, path: Path) -> bool:
        """Whether this user has `access` (r, w or x) to `path`, asked of the kernel, so ACLs count too."""
        return self.run(["/bin/sh", "-c", f'test -{access} "$0"', str(path)]).returncode == 0

    def own(self, path: Path) -> None:
        """Hand a file or folder that we made to this user."""
        if self.switch:
            os.chown(path, self.uid, self.gid)


def current_owner() -> ServerOwner:
    """The user a new cluster should belong to.

    Raises:
        ConfigurationError: we are root and may not become another user.
    """
    if os.geteuid() != 0:
        return _owner(pwd.getpwuid(os.geteuid()) if _known(os.geteuid()) else None, switch=False)
    for name in (SYSTEM_USER, _FALLBACK_USER):
        entry = _find_or_make(name)
        if entry is not None and entry.pw_uid != 0:
            return _checked(_owner(entry, switch=True))
    raise ConfigurationError(
        f"Postgres refuses to run as root and there is no user {SYSTEM_USER!r}: "
        f"create one (useradd --system {SYSTEM_USER}) or run evosense as a plain user."
    )


def owner_of(path: Path) -> ServerOwner:
    """The user that owns an existing cluster, which is the only one that may start it.

    Raises:
        ConfigurationError: the cluster belongs to somebody else (we are not root), or to root.
    """
    uid, gid = path.stat().st_uid, path.stat().st_gid
    name = pwd.getpwuid(uid).pw_name if _known(uid) else str(uid)
    if uid == 0:
        raise ConfigurationError(f"The database folder {path} belongs to root, which Postgres refuses: chown it.")
    if uid == os.geteuid():
        return ServerOwner(name, uid, gid, switch=False)
    if os.geteuid() != 0:
        raise ConfigurationError(
            f"The database folder {path} belongs to the user {name}: run evosense as {name} (or root), "
            "or choose another DATA_DIR."
        )
    return ServerOwner(name, uid, gid, switch=True)


def _owner(entry: pwd.struct_passwd | None, *, switch: bool) -> ServerOwner:
    if entry is None:  # a container may run under a uid that /etc/passwd doesn't know
        return ServerOwner(str(os.geteuid()), os.geteuid(), os.getegid(), switch=switch)
    return ServerOwner(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=switch)


def _checked(owner: ServerOwner) -> ServerOwner:
    try:
        owner.run(["/bin/sh", "-c", "exit 0"])
    except PermissionError as refusal:
        raise ConfigurationError(
            f"Postgres refuses to run as root and this container may not switch to the user {owner.name}: "
            "run it as a plain user (docker run --user 1000) or set DATABASE_URL."
        ) from refusal
    return owner


def _known(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _find_or_make(name: str) -> pwd.struct_passwd | None:
    entry = _lookup(name)
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if entry is None and name == SYSTEM_USER and useradd is not None:
        subprocess.run(  # noqa: S603 - fixed program and arguments
            [
                useradd,
                "--system",
                "--no-create-home",
                "--home-dir",
                "/nonexistent",
                "--shell",
                "/bin/false",
                name,
            ],
            capture_output=True,
            check=False,  # lost a race or a read-only /etc: the look-up below tells
        )
        entry = _lookup(name)
    return entry


def _lookup(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None
