"""A real uvicorn server on a free port, on a real database, and people who may log in."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from evosense.settings import DatabaseSettings, SecuritySettings, ServingSettings
from evosense.tenants.models import UserRole
from evosense.tenants.passwords import hash_password
from evosense.tenants.repository import add_user
from serving.app import create_app
from serving.resources import Resources
from serving.server import server_for
from tests.integration.search.corpus import Chat

SECRET_KEY = "a secret key that only tests know, 32+ chars"
PASSWORD = "uma senha bem longa"


@cache
def password_hash() -> str:
    return hash_password(PASSWORD)


@dataclass
class Api:
    """A running server: its address, its application, a client without cookies of others."""

    url: str
    app: FastAPI
    client: httpx.AsyncClient
    server: uvicorn.Server

    @property
    def resources(self) -> Resources:
        return self.app.state.resources

    @property
    def websocket_url(self) -> str:
        return self.url.replace("http://", "ws://")

    def token(self, person: Person) -> str:
        return self.resources.tokens.issue(user_id=person.user_id, tenant_id=person.tenant_id, role=person.role)

    def headers(self, person: Person) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(person)}"}


@dataclass
class Person:
    """Someone who can log in with PASSWORD."""

    tenant_id: UUID
    email: str
    role: UserRole
    user_id: UUID = field(default_factory=lambda: UUID(int=0))


@asynccontextmanager
async def running(database_url: str, **options) -> AsyncGenerator[Api]:
    settings = ServingSettings.model_construct(
        **{"public_url": None, "metrics_token": None, **options.pop("settings", {})}
    )
    proxies = options.pop("trusted_proxies", "127.0.0.1")
    app = create_app(
        database=DatabaseSettings.model_construct(database_url=database_url, database_direct_url=None),
        security=SecuritySettings(secret_key=SECRET_KEY),
        settings=settings,
        **options,
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = server_for(app, host="127.0.0.1", port=0, trusted_proxies=proxies)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        async with httpx.AsyncClient(base_url=url, timeout=30) as client:
            # The kernel holds the connection until the server is up: no need to wait for it.
            assert (await client.get("/health")).status_code == 200
            await asyncio.wait_for(app.state.resources.listener.connected.wait(), 10)
            yield Api(url, app, client, server)
        server.should_exit = True
        await task


@pytest.fixture
async def api(database_url) -> AsyncGenerator[Api]:
    async with running(database_url) as api:
        yield api


@pytest.fixture
async def people(pipeline_pool, tenant_id, other_tenant_id) -> dict[str, Person]:
    """ana (admin), otto (operator) and alice (analyst) of the first tenant; bia (admin) of the other."""
    found = {
        "ana": Person(tenant_id, "ana@aurora.example", "admin"),
        "otto": Person(tenant_id, "otto@aurora.example", "operator"),
        "alice": Person(tenant_id, "alice@aurora.example", "analyst"),
        "bia": Person(other_tenant_id, "bia@sorriso.example", "admin"),
    }
    async with pipeline_pool.connection() as connection:
        for name, person in found.items():
            person.user_id = await add_user(
                connection,
                tenant_id=person.tenant_id,
                email=person.email,
                name=name.title(),
                role=person.role,
                password_hash=password_hash(),
            )
    return found


@pytest.fixture
async def bad_day(pipeline_pool, people) -> None:
    """Yesterday twenty customers of Ana's company wrote, and all of them were angry."""
    # In São Paulo, whatever the hour is.
    noon = (datetime.now(UTC) - timedelta(hours=27)).replace(hour=15, minute=0, second=0, microsecond=0)
    async with pipeline_pool.connection() as connection:
        for _ in range(20):
            chat = await Chat(connection, people["ana"].tenant_id).open()
            await chat.say("péssimo", score=(-0.8, 10), sent_at=noon)
