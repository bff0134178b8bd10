"""Look at every setting and server, and say what to do about each that is wrong."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import psycopg

from evosense.db.database import connect, connect_sync, refusal
from evosense.db.migrate import check_server, pending
from evosense.errors import ConfigurationError, EvoSenseError
from evosense.settings import (
    GROUPS,
    BillingSettings,
    DatabaseSettings,
    EvolutionSettings,
    SecuritySettings,
    ServingSettings,
    load,
)
from evosense.stack import probes
from evosense.stack.ai_doctor import ai_backends, ai_embedder
from evosense.stack.ports import LOOPBACK, choose
from evosense.stack.setup import embedded_server, open_database, secret_key
from evosense.tenants.keys import MasterKey
from evosense.tenants.repository import list_tenants, open_keys

_WANTED_MB = 2_000


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; a bad one's detail says what to do."""

    subject: str
    good: bool
    detail: str


def examine() -> list[Finding]:
    """All findings, in the order in which things depend on one another. Starts the embedded server if need be."""
    settings = [_look("settings", lambda group=group: _readable(group)) for group in GROUPS]
    bad = [finding for finding in settings if not finding.good]
    if bad:
        return bad
    return [
        Finding("settings", True, f"{sum(len(group.model_fields) for group in GROUPS)} settings are readable"),
        _look("data folder", _data_folder),
        _look("SECRET_KEY", _secret),
        _look("database", _database),
        _look("migrations", _migrations),
        _look("tenant keys", _tenant_keys),
        _look("ports", _ports),
        _look("Evolution", _evolution),
        _look("AI", ai_backends),
        _look("embeddings", ai_embedder),
        _look("billing", _billing),
    ]


def _look(subject: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, True, check())
    except EvoSenseError as error:
        return Finding(subject, False, error.detail)
    except psycopg.Error as error:
        return Finding(
            subject, False, f"the database refuses: {refusal(error)}; correct DATABASE_URL or start its server"
        )


def _readable(group: type) -> str:
    try:
        load(group)
    except ConfigurationError:
        # The embedded database comes with a secret of its own.
        if group is not SecuritySettings or load(DatabaseSettings).database_url:
            raise
    return group.__name__


def _data_folder() -> str:
    folder = load(DatabaseSettings).data_dir.absolute()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free_mb = shutil.disk_usage(existing).free // 1_000_000
    if free_mb < _WANTED_MB:
        message = f"only {free_mb} MB are free under {folder}; {_WANTED_MB} MB are sensible: free some space"
        raise ConfigurationError(message)
    return f"{folder}, {free_mb // 1000} GB free"


def _secret() -> str:
    settings = load(DatabaseSettings)
    MasterKey.from_secret(secret_key(settings))
    return "usable"


def _database() -> str:
    settings = load(DatabaseSettings)
    with open_database(settings) as url, connect_sync(url, None, autocommit=True) as connection:
        check_server(connection)
        version = connection.info.server_version // 10_000
    if settings.database_url:
        return f"Postgres {version} of DATABASE_URL answers and has pgvector"
    return f"embedded Postgres {version} in {embedded_server(settings).places.cluster}"


def _migrations() -> str:
    with open_database(load(DatabaseSettings)) as url:
        missing = pending(url)
    if missing:
        message = f"{len(missing)} migrations are missing ({missing[0]} …): run `evosense migrate`"
        raise ConfigurationError(message)
    return "up to date"


def _tenant_keys() -> str:
    settings = load(DatabaseSettings)
    with open_database(settings) as url:
        if pending(url):
            return "not looked at before the migrations are applied"
        count = asyncio.run(_open_all_keys(url, secret_key(settings)))
    return f"SECRET_KEY opens the keys of {count} tenants"


async def _open_all_keys(url: str, secret: str) -> int:
    master = MasterKey.from_secret(secret)
    async with await connect(url, "evosense_pipeline") as connection:
        tenants = await list_tenants(connection)
        for tenant in tenants:
            await open_keys(connection, master, tenant.tenant_id)
    return len(tenants)


def _ports() -> str:
    serving = load(ServingSettings)
    wanted = {"API": serving.port or serving.api_port, "Dagster": serving.dagster_port}
    taken = [f"{name} {port}" for name, port in wanted.items() if choose(port) != port]
    return f"taken now (by a running EvoSense?): {', '.join(taken)}" if taken else "free"


def _evolution() -> str:
    evolution = load(EvolutionSettings)
    if not _answers(evolution.evo_base_url):
        if "evo_base_url" not in evolution.model_fields_set:
            return "EVO_BASE_URL is not set: connections name their own server"
        message = f"{evolution.evo_base_url} (EVO_BASE_URL) does not answer: start it or correct the setting"
        raise ConfigurationError(message)
    return f"{evolution.evo_base_url} answers"


def _billing() -> str:
    billing = load(BillingSettings)
    if billing.stripe_secret_key is None:
        return "STRIPE_SECRET_KEY is not set: billing is off"
    if not billing.stripe_secret_key.get_secret_value().startswith(("sk_", "rk_")):
        message = "STRIPE_SECRET_KEY is no secret key: copy the one that begins with sk_ or rk_ from Stripe's dashboard"
        raise ConfigurationError(message)
    return "STRIPE_SECRET_KEY is set"


def _answers(address: str) -> bool:
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)

    async def ask() -> bool:
        return await probes.tcp(parts.hostname or LOOPBACK, port)()

    return asyncio.run(ask())
