"""What a stack is started with: which database, which secret, which addresses, which environment for children."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from evosense.db.database import server_away
from evosense.db.embedded import EmbeddedPostgres
from evosense.errors import ConfigurationError
from evosense.settings import DatabaseSettings, EvolutionSettings, SecuritySettings, ServingSettings, load
from evosense.stack import ports
from evosense.stack.dagster_home import DATABASE, dagster_database_url
from evosense.stack.folder import kept_secret
from evosense.tenants.keys import MasterKey

EVOLUTION_PORT = 8080
_DAGSTER_ROLE = "dagster"


@dataclass(frozen=True)
class StackOptions:
    """What the command line chose. `rate` is in live messages per second over all demo instances."""

    demo: bool = False
    listener_only: bool = False
    dagster: bool = True
    history_days: float = 60.0
    rate: float = 0.5


@dataclass(frozen=True)
class Addresses:
    """Where the parts listen; all but the API on the loopback only."""

    api_host: str
    api_port: int
    listener_port: int
    dagster_port: int
    code_port: int
    evolution_port: int | None

    @property
    def api_url(self) -> str:
        """The page's address for a browser on this machine."""
        host = ports.LOOPBACK if self.api_host in {"0.0.0.0", "::"} else self.api_host  # noqa: S104 - compared only
        return f"http://{host}:{self.api_port}"

    @property
    def dagster_url(self) -> str:
        """The Dagster UI."""
        return f"http://{ports.LOOPBACK}:{self.dagster_port}"

    @property
    def evolution_url(self) -> str | None:
        """The stand-in Evolution server of the demo."""
        return f"http://{ports.LOOPBACK}:{self.evolution_port}" if self.evolution_port else None


@dataclass(frozen=True)
class StackDatabase:
    """The database of the stack; `server` is None when DATABASE_URL names one."""

    url: str
    direct_url: str
    dagster_url: str
    dagster_role: str | None
    server: EmbeddedPostgres | None


def embedded_server(settings: DatabaseSettings) -> EmbeddedPostgres:
    """The embedded server of DATA_DIR, not started."""
    return EmbeddedPostgres(settings.data_dir / "postgres")


def stack_database(settings: DatabaseSettings) -> StackDatabase:
    """DATABASE_URL's server, or the embedded one (not started yet)."""
    own = settings.dagster_database_url
    if settings.database_url:
        direct = settings.require_direct_url()
        dagster = dagster_database_url(own) if own else dagster_database_url(direct, database=DATABASE)
        return StackDatabase(settings.database_url, direct, dagster, None, None)
    server = embedded_server(settings)
    url = server.url()
    dagster = server.url(DATABASE, user=_DAGSTER_ROLE, driver="psycopg2")
    return StackDatabase(url, url, dagster_database_url(own) if own else dagster, _DAGSTER_ROLE, server)


def secret_key(settings: DatabaseSettings) -> str:
    """SECRET_KEY; with the embedded database one is made and kept beside the data that it opens.

    Raises:
        ConfigurationError: DATABASE_URL is set and SECRET_KEY isn't: a made one could be lost with this folder.
    """
    try:
        return load(SecuritySettings).secret_key.get_secret_value()
    except ConfigurationError:
        if settings.database_url:
            raise
        return kept_secret(settings.data_dir, "secret_key")


def master_key(settings: DatabaseSettings) -> MasterKey:
    """What opens tenants' keys: SECRET_KEY, and SECRET_KEY_PREVIOUS while keys are rotated.

    Raises:
        ConfigurationError: as `secret_key`.
    """
    current = secret_key(settings)
    try:
        previous = load(SecuritySettings, secret_key=current).secret_key_previous
    except ConfigurationError:
        return MasterKey.from_secret(current)
    return MasterKey.from_secret(current, previous.get_secret_value() if previous else None)


def choose_addresses(serving: ServingSettings, evolution: EvolutionSettings, *, demo: bool) -> Addresses:
    """Usual ports when they are free, others when not; a port that a setting names is taken or refused.

    Raises:
        ConfigurationError: a port that was asked for is taken.
    """
    asked = serving.model_fields_set
    api = "PORT" if serving.port is not None else "API_PORT" if "api_port" in asked else None
    return Addresses(
        api_host=serving.api_host,
        api_port=ports.choose(serving.port or serving.api_port, setting=api, host=serving.api_host),
        listener_port=evolution.listener_port or ports.choose(0),
        dagster_port=ports.choose(serving.dagster_port, setting="DAGSTER_PORT" if "dagster_port" in asked else None),
        code_port=ports.choose(0),
        evolution_port=ports.choose(EVOLUTION_PORT) if demo else None,
    )


def child_environment(
    database: StackDatabase, addresses: Addresses, *, data_dir: Path, secret: str, mark: Mapping[str, str]
) -> dict[str, str]:
    """Our own environment with what this stack decided on top; the same for every child."""
    made = {
        "DATABASE_URL": database.url,
        "DATABASE_DIRECT_URL": database.direct_url,
        "DAGSTER_DATABASE_URL": database.dagster_url,
        "DAGSTER_HOME": str(data_dir / "dagster"),
        "DAGSTER_PORT": str(addresses.dagster_port),
        # An error may quote the row that it is about: Dagster keeps its id, our redacted log the rest.
        "DAGSTER_REDACT_USER_CODE_ERRORS": "1",
        "DATA_DIR": str(data_dir),
        "SECRET_KEY": secret,
        "API_HOST": addresses.api_host,
        "API_PORT": str(addresses.api_port),
        "PORT": "",  # empty counts as unset, also against a .env file
        "LISTENER_PORT": str(addresses.listener_port),
        "PYTHONUNBUFFERED": "1",
        **mark,
    }
    if addresses.evolution_url:
        made |= {"EVO_BASE_URL": addresses.evolution_url, "EVO_ALLOWED_NETWORKS": "127.0.0.0/8,::1"}
    return {**os.environ, **made}


@contextmanager
def open_database(settings: DatabaseSettings) -> Generator[str]:
    """The direct URL for a command: DATABASE_URL's, or the embedded server, started for the block unless it runs.

    Raises:
        ConfigurationError: DATABASE_URL's server can't be reached, or goes away within the block.
    """
    if settings.database_url:
        try:
            yield settings.require_direct_url()
        except psycopg.OperationalError as error:
            raise server_away(error) from error
        return
    with embedded_server(settings) as server:
        yield server.url()


@contextmanager
def scratch_database() -> Generator[str]:
    """An empty embedded database that is gone after the block."""
    with tempfile.TemporaryDirectory(prefix="evosense-scratch-") as folder:
        Path(folder).chmod(0o755)  # the server's user must be able to enter
        server = EmbeddedPostgres(Path(folder) / "postgres", durable=False)
        try:
            yield server.start()
        finally:
            server.destroy()
