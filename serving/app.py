"""The API on one page: settings in, application out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.staticfiles import StaticFiles

from evosense.ai.protocols import Embedder
from evosense.settings import (
    AiSettings,
    BillingSettings,
    DatabaseSettings,
    EvolutionSettings,
    MailSettings,
    SecuritySettings,
    ServingSettings,
)
from serving import problems, telemetry
from serving.described_errors import describe_errors
from serving.described_examples import describe_examples
from serving.etags import Revalidation, describe_etags
from serving.live import socket
from serving.login_limits import LoginRates
from serving.middleware import Guard, RequestContext
from serving.monitoring import Monitoring
from serving.origins import Origins
from serving.resources import open_resources
from serving.routers import ai as ai_router
from serving.routers import (
    alert_letters,
    alerts,
    api_keys,
    auth,
    backfills,
    company,
    connections,
    conversations,
    evolution_webhook,
    experiments,
    exports,
    health,
    labels,
    live,
    me,
    messages,
    metrics,
    operations,
    passwords,
    people,
    platform,
    privacy,
    prompts,
    proposals,
    retention,
    search,
    shadows,
    stripe_webhook,
    tenants,
    themes,
    views,
)
from serving.routers import billing as billing_routes
from serving.spa import PLAIN_PAGE, Pages

_DESCRIPTION = """
Customers' conversations, scored. Log in with `POST /api/auth/login` and send the access token as
`Authorization: Bearer …`; renew it with `POST /api/auth/refresh`. A token opens one company's data and no other's.
Errors are `application/problem+json` and say what to do. Lists are paged by an opaque `page`: `next_page` of the
answer, or, where the answer is a plain array, its Link header names the next one.

Live updates: WebSocket `/ws/tenant/{tenant_id}/`. Send `{"type":"auth","token":"…","since":41}` as the first frame, or
the subprotocols `evosense.v1` and `bearer.<token>`. Frames: `{"v":1,"seq":42,"type":"message_analyzed","payload":{…}}`.
"""


def create_app(
    *,
    database: DatabaseSettings,
    security: SecuritySettings,
    settings: ServingSettings,
    embedder: Embedder | None = None,
    login_rates: LoginRates | None = None,
    billing: BillingSettings | None = None,
    evolution: EvolutionSettings | None = None,
    mail: MailSettings | None = None,
    ai: AiSettings | None = None,
) -> FastAPI:
    """The application; it connects when its lifespan starts, not here.

    Args:
        database: where Postgres is.
        security: SECRET_KEY, which signs the tokens.
        settings: addresses and tokens of the API itself.
        embedder: turns search queries into vectors; the one that `ai` names by default.
        login_rates: how often somebody may try to log in.
        billing: Stripe's keys; without them nothing can be bought.
        evolution: which servers connections may point to.
        mail: how letters go out; printed by default.
        ai: who is asked for an analysis; the embedded scorer by default.
    """
    monitoring = Monitoring(settings.prometheus_multiproc_dir)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with open_resources(
            database=database,
            security=security,
            settings=settings,
            embedder=embedder,
            monitoring=monitoring,
            login_rates=login_rates or LoginRates(),
            billing=billing or BillingSettings.model_construct(),
            evolution=evolution or EvolutionSettings.model_construct(),
            mail=mail or MailSettings.model_construct(),
            ai=ai or AiSettings.model_construct(),
        ) as found:
            app.state.resources = found
            yield
        await asyncio.to_thread(app.state.end_traces)

    # The interactive pages load scripts from elsewhere, which our content policy forbids.
    app = FastAPI(
        title="EvoSense", version="1", description=_DESCRIPTION, lifespan=lifespan, docs_url=None, redoc_url=None
    )
    origins = Origins.of(settings)
    problems.install(app)
    app.add_middleware(Revalidation)
    if origins.others:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins.others,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "If-Match", "If-None-Match", "X-API-Key"],
            expose_headers=["X-Request-ID", "Retry-After", "ETag", "Link"],
        )
    app.add_middleware(
        Guard,
        hosts=[origins.host] if origins.host else [],
        https_only=origins.is_https,
        larger={evolution_webhook.PREFIX: evolution_webhook.MAX_PROVEN_BYTES},
    )
    app.add_middleware(RequestContext, monitoring=monitoring, https=origins.is_https)
    # One a line, in the order of the document.
    routers = (
        auth,
        me,
        tenants,
        conversations,
        metrics,
        operations,
        retention,
        alerts,
        alert_letters,
        themes,
        messages,
        search,
        proposals,
        prompts,
        shadows,
        experiments,
        labels,
        live,
        connections,
        people,
        passwords,
        views,
        api_keys,
        company,
        platform,
        billing_routes,
        stripe_webhook,
        evolution_webhook,
        exports,
        ai_router,
        privacy,
        backfills,
        health,
    )
    for module in routers:
        app.include_router(module.router)
    app.include_router(socket.router)
    app.mount("/static", StaticFiles(directory=PLAIN_PAGE), name="static")
    # Asked when no route has the address at all; a mount at "/" would also take what a route has by another method.
    app.router.default = Pages()
    describe_errors(app)
    describe_examples(app)
    describe_etags(app)
    app.state.end_traces = telemetry.instrument(app, settings.otel_exporter_otlp_endpoint)
    _complete_routes(app)
    return app


def _complete_routes(app: FastAPI) -> None:
    """Have what FastAPI makes when it first looks for a route: 0.15 s, in the middle of somebody's request."""
    scope = {"type": "http", "method": "GET", "path": "/", "root_path": "", "headers": [], "app": app}
    for route in app.routes:
        route.matches(scope)
