"""Make a cluster (initdb) and check an existing one, before any server runs on it."""

from __future__ import annotations

import shutil
from pathlib import Path

from evosense.db.embedded import conf
from evosense.db.embedded.failures import explain
from evosense.db.embedded.places import Places
from evosense.errors import ConfigurationError

SUPERUSER = "postgres"


def check_room(folder: Path, minimum_free_mb: int) -> None:
    """Refuse to start on a nearly full disk: Postgres would stop in the middle of the work.

    Raises:
        ConfigurationError: less than `minimum_free_mb` MB are free.
    """
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    if free_mb < minimum_free_mb:
        raise ConfigurationError(
            f"Only {free_mb} MB are free under {folder} and the database needs {minimum_free_mb} MB: "
            "free some space or choose another DATA_DIR."
        )


def make_cluster(places: Places, binaries: Path, *, major: int, durable: bool) -> None:
    """Make the cluster unless it exists; a half-made one (killed initdb) is thrown away.

    Raises:
        ConfigurationError: the folder holds another major, or initdb failed.
    """
    version = places.cluster / "PG_VERSION"
    if version.exists():
        _check_major(places.cluster, found=version.read_text("ascii").strip(), wanted=major)
        return
    if places.cluster.exists() and any(places.cluster.iterdir()):
        raise ConfigurationError(f"{places.cluster} holds files but no database: move them away.")
    draft = places.home / "cluster.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    places.owner.own(draft)
    _initdb(places, binaries, draft, major=major, durable=durable)
    if places.cluster.exists():
        places.cluster.rmdir()
    draft.rename(places.cluster)


def _initdb(places: Places, binaries: Path, draft: Path, *, major: int, durable: bool) -> None:
    # C.UTF-8 sorts by code point on every machine, so an index never depends on the system's libc.
    provider = ["--locale-provider=builtin"] if major >= 17 else []
    sync = [] if durable else ["--no-sync"]
    done = places.owner.run(
        [
            binaries / "initdb",
            f"--pgdata={draft}",
            f"--username={SUPERUSER}",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
            "--no-instructions",
            *provider,
            *sync,
        ]
    )
    if done.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        raise explain(done.stdout, place=places.home, log=places.log, port=None)
    with (draft / "postgresql.conf").open("a", encoding="utf-8") as main:
        main.write(f"include_if_exists = '{conf.FILE}'\n")
    (draft / "pg_hba.conf").write_text(conf.HBA, "utf-8")


def _check_major(cluster: Path, *, found: str, wanted: int) -> None:
    if found != str(wanted):
        raise ConfigurationError(
            f"The database in {cluster} is of Postgres {found}, not {wanted}: "
            f"start it with major {found}, or choose another DATA_DIR (pg_dump and restore moves the data)."
        )
