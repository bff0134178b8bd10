"""The embedded Postgres: real servers, killed for real."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import psycopg
import pytest
import sqlalchemy

from evosense.db.embedded.postmaster import is_alive
from evosense.errors import ConfigurationError
from tests.integration.db.servers import Make, scalar


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
    assert not server.status.socket_folder.exists()


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
        server.places.prepare_socket_folder()
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
