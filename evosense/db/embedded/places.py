"""Where everything of one cluster lies: `home` (locks, password), the cluster, the socket folder.

`home` is the data folder itself, except when root owns a data folder that the server's user can't enter: then
it lies below /var/lib/evosense, and the data folder keeps a note of the place.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from evosense.db.embedded.binaries import SYSTEM_FOLDER
from evosense.db.embedded.owner import ServerOwner, current_owner, owner_of
from evosense.errors import ConfigurationError

_NOTE = "location"


@dataclass(frozen=True)
class Places:
    """All paths of one cluster and the user that runs it."""

    home: Path
    owner: ServerOwner

    @property
    def cluster(self) -> Path:
        """The folder that Postgres calls its data directory."""
        return self.home / "cluster"

    @property
    def log(self) -> Path:
        """The server's log. It holds no statements, parameters or row values (see `conf.py`)."""
        return self.cluster / "postgres.log"

    @property
    def password(self) -> Path:
        """The generated password for TCP connections, readable by us only."""
        return self.home / "password"

    @property
    def socket_folder(self) -> Path:
        """A folder short enough for a socket address (107 bytes), the same for every caller.

        Always below /tmp: XDG_RUNTIME_DIR vanishes at log-out while `nohup evosense up` goes on, and differs
        between a shell, cron and sudo, so that a second process would look for the socket in another place.
        Mode 0700 and owned by the server's user: that user and root can connect, nobody else.
        """
        digest = hashlib.sha256(os.fsencode(self.cluster)).hexdigest()[:12]
        return Path("/tmp") / f"evosense-{digest}"  # noqa: S108 - ownership and mode are checked

    def prepare_socket_folder(self) -> None:
        """Create the socket folder, or make sure that the existing one is ours.

        Raises:
            ConfigurationError: somebody else made a folder of that name.
        """
        folder = self.socket_folder
        try:
            folder.mkdir(mode=0o700)
            self.owner.own(folder)
        except FileExistsError:
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != self.owner.uid:
                raise ConfigurationError(
                    f"The socket folder {folder} belongs to somebody else: remove it and start again."
                ) from None
            folder.chmod(0o700)


def find_places(data_dir: Path, *, system_folder: Path = SYSTEM_FOLDER) -> Places:
    """Find (and on first use choose) the places of the cluster that belongs to `data_dir`.

    Raises:
        ConfigurationError: the folder can't be made or written, belongs to somebody else, or its recorded
            place is gone.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        data_dir = data_dir.resolve()
        home = _recorded(data_dir) or _chosen(data_dir, system_folder)
        if not os.access(home, os.W_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as failure:
        raise ConfigurationError(
            f"The data folder {data_dir} can't be used ({failure.strerror}): "
            "give this user write access or choose another DATA_DIR."
        ) from failure
    cluster = home / "cluster"
    return Places(home, owner_of(cluster) if cluster.exists() else current_owner())


def _recorded(data_dir: Path) -> Path | None:
    note = data_dir / _NOTE
    if not note.exists():
        return None
    home = Path(note.read_text("utf-8").strip())
    if not home.is_dir():
        raise ConfigurationError(
            f"The database of {data_dir} was kept in {home}, which is gone: restore it, "
            f"or delete {note} to begin with an empty database."
        )
    return home


def _chosen(data_dir: Path, system_folder: Path) -> Path:
    if (data_dir / "cluster").exists():
        return data_dir
    owner = current_owner()
    if not owner.switch or owner.can("x", data_dir):
        return data_dir
    # A fresh place each time: whoever deleted the data folder wants to begin anew, not to meet the old cluster.
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    home = system_folder / f"data-{digest}-{secrets.token_hex(4)}"
    home.mkdir(mode=0o755, parents=True)
    (data_dir / _NOTE).write_text(f"{home}\n", "utf-8")
    return home
