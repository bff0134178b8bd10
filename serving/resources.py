"""What lives as long as the process: pool, LISTEN connection, hub, keys. Opened by the lifespan, found by requests."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from evosense.ai.fleet import Fleet
from evosense.ai.protocols import Embedder
from evosense.db.database import AsyncPool, open_pool
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.exports.links import ExportLinks
from evosense.live import catch_up
from evosense.live.hub import Hub
from evosense.live.listener import Listener
from evosense.live.models import LiveEvent
from evosense.mail.models import Mailer
from evosense.mail.smtp import open_mailer
from evosense.messages.webhooks import WebhookReceiver
from evosense.metrics.memory import Memory
from evosense.platform.tokens import PlatformTokens
from evosense.privacy.access_log import AccessLog
from evosense.scoring.backends import open_fleet
from evosense.search.embedders import Embedders
from evosense.settings import (
    AiSettings,
    BillingSettings,
    DatabaseSettings,
    EvolutionSettings,
    MailSettings,
    SecuritySettings,
    ServingSettings,
)
from evosense.tenants.access_tokens import AccessTokens
from evosense.tenants.keyring import Keyring
from evosense.tenants.keys import MasterKey
from evosense.tenants.login import warm_up
from serving.billing import Billing, open_billing
from serving.login_limits import LoginLimits, LoginRates
from serving.monitoring import Monitoring
from serving.origins import Origins
from serving.platform_access import PlatformAccess, open_platform
from serving.principals import Principals
from serving.rates import SharedCounts
from serving.request_limits import RequestLimits
from serving.standings import Standings

# Twice the cores: with ten on two cores statements wait for the processor instead of for a connection, and the slowest
# of 32 callers' pages took 190 ms in place of 33 (make bench ONLY=api).
_POOL_SIZE = max(4, 2 * (os.cpu_count() or 2))
_WEBHOOK_POOL_SIZE = 4
# Whoever waits longer for a connection is told to come back.
_POOL_SECONDS = 3.0
# Downloads at once, per process.
_EXPORTS = 3


@dataclass(frozen=True, slots=True)
class Resources:
    """Everything a request may need."""

    settings: ServingSettings
    pool: AsyncPool
    tokens: AccessTokens
    embedders: Embedders
    hub: Hub
    listener: Listener
    login_limits: LoginLimits
    request_limits: RequestLimits
    monitoring: Monitoring
    origins: Origins
    standings: Standings
    billing: Billing
    master: MasterKey
    evolution: EvolutionSettings
    principals: Principals
    mailer: Mailer
    platform: PlatformAccess
    webhooks: WebhookReceiver
    export_links: ExportLinks
    fleet: Fleet
    # Downloads hold a connection for as long as they take; these can't starve the others.
    exporting: AsyncPool
    access_log: AccessLog
    memory: Memory


@asynccontextmanager
async def open_resources(
    *,
    database: DatabaseSettings,
    security: SecuritySettings,
    settings: ServingSettings,
    embedder: Embedder | None,
    monitoring: Monitoring,
    login_rates: LoginRates,
    billing: BillingSettings,
    evolution: EvolutionSettings,
    mail: MailSettings,
    ai: AiSettings,
) -> AsyncGenerator[Resources]:
    """Open them, run the listener beside, close them in reverse order."""
    secrets = security.secrets()
    tokens, master = AccessTokens(*secrets), MasterKey.from_secret(*secrets)
    await warm_up()
    url = database.require_url()
    async with (
        open_billing(billing) as opened_billing,
        open_fleet(ai) as fleet,
        open_platform(url, PlatformTokens(*secrets)) as platform,
        open_pool(
            url, "evosense_api", min_size=2, max_size=_POOL_SIZE, application="evosense api", wait_seconds=_POOL_SECONDS
        ) as pool,
        # No connection is held until the first webhook comes: most companies listen by socket.
        open_pool(
            url,
            "evosense_pipeline",
            min_size=0,
            max_size=_WEBHOOK_POOL_SIZE,
            application="evosense webhooks",
            wait_seconds=_POOL_SECONDS,
        ) as pipeline,
        open_pool(
            url,
            "evosense_api",
            min_size=0,
            max_size=_EXPORTS,
            application="evosense exports",
            wait_seconds=_POOL_SECONDS,
        ) as exporting,
    ):
        counts, access_log = SharedCounts(pool), AccessLog(pool)
        hub = _hub(pool, settings, monitoring)
        listener = Listener(database.require_direct_url(), hub)
        tasks = [
            asyncio.create_task(listener.run(), name="live-listener"),
            asyncio.create_task(counts.keep_short(), name="old-counts"),
            asyncio.create_task(access_log.run(), name="access-log"),
        ]
        embedders = Embedders(ai, embedder)
        try:
            yield Resources(
                settings=settings,
                pool=pool,
                tokens=tokens,
                embedders=embedders,
                hub=hub,
                listener=listener,
                login_limits=LoginLimits(counts, login_rates),
                request_limits=RequestLimits(counts, settings.api_rate_per_minute),
                monitoring=monitoring,
                origins=Origins.of(settings),
                standings=Standings(pool),
                billing=opened_billing,
                master=master,
                evolution=evolution,
                principals=Principals(pool),
                mailer=open_mailer(mail),
                platform=platform,
                webhooks=WebhookReceiver(pipeline, Keyring(master)),
                export_links=ExportLinks.from_secret(*secrets),
                exporting=exporting,
                fleet=fleet,
                access_log=access_log,
                memory=Memory(),
            )
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await hub.close()
            await embedders.close()


def _hub(pool: AsyncPool, settings: ServingSettings, monitoring: Monitoring) -> Hub:
    async def read_since(tenant_id: UUID, since: int, limit: int) -> list[LiveEvent]:
        return await catch_up.read_alone(pool, Actor(tenant_id, None, "live"), since, limit)

    async def read_newest(tenant_id: UUID) -> int:
        async with tenant_transaction(pool, Actor(tenant_id, None, "live")) as connection:
            return await catch_up.newest(connection, tenant_id)

    return Hub(read_since, read_newest, max_per_tenant=settings.live_max_per_tenant, told=monitoring.live_frames)
