"""Every route times every kind of caller. A route without a case here fails the first test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from starlette.routing import BaseRoute, Mount, WebSocketRoute

from evosense.settings import DatabaseSettings, SecuritySettings, ServingSettings
from evosense.tenants.api_keys import make_key
from evosense.tenants.invitations import add_invitation
from serving.app import create_app
from tests.integration.search.corpus import Chat
from tests.integration.serving.account_cases import ACCOUNT_CASES, OPEN_ACCOUNT_ROUTES, PLATFORM_ROUTES
from tests.integration.serving.case import Case
from tests.integration.serving.conftest import SECRET_KEY
from tests.integration.serving.privacy_cases import PRIVACY_AND_EXPORTS

SECRET_TEXT = "frase exata da outra empresa jabuticaba"


NO_RUN = "00000000-0000-7000-8000-000000000000"
REPLAY = {"candidates": ["v2"], "first_day": "2026-11-01", "last_day": "2026-11-02"}
SHADOW = {"name": "x", "hypothesis": "h", "challengers": [{"version": "v2"}]}

DAYS = "?from=2026-11-19&to=2026-11-21"
CASES = [
    Case("GET", "/api/me"),
    Case("GET", "/api/tenants/{tenant_id}/metrics", foreign=404),
    Case("GET", "/api/tenants/{tenant_id}/kpis", DAYS, foreign=404),
    Case("GET", "/api/metrics"),
    Case(
        "GET",
        "/api/tenants/{tenant_id}/series",
        DAYS + "&metric=messages_in&grain=hour",
        foreign=404,
    ),
    Case("GET", "/api/tenants/{tenant_id}/heatmap", DAYS, foreign=404),
    Case("GET", "/api/tenants/{tenant_id}/leaderboards", DAYS, foreign=404),
    Case("GET", "/api/tenants/{tenant_id}/emotions", DAYS, foreign=404),
    Case("GET", "/api/tenants/{tenant_id}/explain", DAYS + "&metric=messages_in", foreign=404),
    Case("GET", "/api/tenants/{tenant_id}/response-times", DAYS, foreign=404),
    Case("GET", "/api/tenants/{tenant_id}/latency", DAYS, foreign=404),
    Case("GET", "/api/tenants/{tenant_id}/coverage", DAYS, foreign=404),
    Case("GET", "/api/tenants/{tenant_id}/business-hours", foreign=404),
    Case("PUT", "/api/tenants/{tenant_id}/business-hours", body={"openings": []}, foreign=404, roles=("admin",)),
    Case("GET", "/api/tenants/{tenant_id}/retention", DAYS, foreign=404),
    Case("GET", "/api/tenants/{tenant_id}/lifecycle", DAYS, foreign=404),
    Case(
        "GET",
        "/api/tenants/{tenant_id}/retention/contacts",
        DAYS + "&cohort=2026-11-20&column=1",
        foreign=404,
    ),
    Case(
        "GET",
        "/api/tenants/{tenant_id}/lifecycle/contacts",
        "?stage=new&starts_on=2026-11-20",
        foreign=404,
    ),
    Case("GET", "/api/tenants/{tenant_id}/stickiness", DAYS, foreign=404),
    Case("GET", "/api/tenants/{tenant_id}/silent-churn", DAYS, foreign=404),
    Case("GET", "/api/tenants/{tenant_id}/alerts", foreign=404),
    Case("GET", "/api/tenants/{tenant_id}/themes", DAYS, foreign=404),
    Case("GET", "/api/conversations"),
    Case("GET", "/api/conversations", "?chat_id={foreign_chat}"),
    Case("GET", f"/api/conversations/{NO_RUN}", template="/api/conversations/{conversation_id}", own=404),
    Case(
        "POST",
        f"/api/conversations/{NO_RUN}/close",
        template="/api/conversations/{chat_id}/close",
        own=404,
        roles=("admin", "operator"),
    ),
    Case("GET", "/api/messages"),
    Case("GET", "/api/messages", "?q=jabuticaba"),
    Case("GET", "/api/messages", "?chat_id={foreign_chat}"),
    Case("GET", "/api/messages", "?q=jabuticaba&chat_id={foreign_chat}"),
    Case("POST", "/api/messages/semantic-search", body={"query": SECRET_TEXT}),
    Case("GET", "/api/search", "?q=jabuticaba"),
    Case("GET", "/api/search", "?q=jabuticaba&mode=text&chat_id={foreign_chat}"),
    Case("GET", f"/api/messages/{NO_RUN}/similar", template="/api/messages/{message_id}/similar", own=404),
    Case("GET", f"/api/conversations/{NO_RUN}/similar", template="/api/conversations/{chat_id}/similar", own=404),
    Case("GET", "/api/live", "?since=0"),
    Case("GET", "/api/prompts"),
    Case("POST", "/api/prompts", body={"messages": [{"role": "user", "content": "{text}"}]}, own=201, roles=("admin",)),
    Case("GET", "/api/prompts/channels"),
    Case("GET", "/api/prompts/events"),
    Case("GET", "/api/prompts/diff", "?old=v8&new=v9", own=404),
    Case("POST", "/api/prompts/move", body={"version": "v9", "reason": "r"}, own=404, roles=("admin",)),
    Case("POST", "/api/prompts/rollback", body={"reason": "r"}, own=409, roles=("admin",)),
    Case("GET", "/api/labels/waiting"),
    Case("POST", "/api/labels", body={"message_id": NO_RUN, "sentiment": 0.5}, own=404),
    Case("GET", "/api/experiments"),
    Case("POST", "/api/experiments/replay", body=REPLAY, own=202, roles=("admin",)),
    Case("GET", f"/api/experiments/{NO_RUN}", template="/api/experiments/{run_id}", own=404),
    Case(
        "POST",
        f"/api/experiments/{NO_RUN}/cancel",
        template="/api/experiments/{run_id}/cancel",
        own=404,
        roles=("admin",),
    ),
    Case("GET", "/api/experiments/reports/r1:0", template="/api/experiments/reports/{report_hash}", own=404),
    Case(
        "GET",
        "/api/experiments/reports/r1:0/regressions",
        template="/api/experiments/reports/{report_hash}/regressions",
        own=404,
    ),
    Case("GET", "/api/experiments/reports"),
    # Nothing was scored yet in this world, so there is no model to replay with or to shadow.
    Case("POST", "/api/experiments/plan", body=REPLAY, own=422, roles=("admin",)),
    Case("GET", "/api/experiments/shadows"),
    Case("POST", "/api/experiments/shadows", body=SHADOW, own=422, roles=("admin",)),
    Case("GET", f"/api/experiments/shadows/{NO_RUN}", template="/api/experiments/shadows/{experiment_id}", own=404),
    *(
        Case(
            "POST",
            f"/api/experiments/shadows/{NO_RUN}/{verb}",
            template=f"/api/experiments/shadows/{{experiment_id}}/{verb}",
            own=404,
            roles=("admin",),
        )
        for verb in ("begin", "stop")
    ),
    Case("GET", "/api/prompts/policy"),
    Case("PUT", "/api/prompts/policy", body={"four_eyes": False, "needs_report": True}, roles=("admin",)),
    Case("GET", "/api/prompts/proposals"),
    Case("POST", "/api/prompts/proposals", body={"version": "v9", "reason": "r"}, own=404, roles=("admin",)),
    *(
        Case(
            "POST",
            f"/api/prompts/proposals/{NO_RUN}/{verb}",
            template=f"/api/prompts/proposals/{{proposal_id}}/{verb}",
            own=404,
            roles=("admin",),
        )
        for verb in ("approve", "reject")
    ),
    *PRIVACY_AND_EXPORTS,
    Case("POST", "/api/ai/analyze", body={"text": "oi"}, roles=("admin",)),
    Case("POST", "/api/ai/analyze", body={"message_ids": [NO_RUN]}, own=404, roles=("admin",)),
    Case("GET", "/api/entitlements"),
    Case("GET", "/api/billing/plans"),
    Case("GET", "/api/billing", roles=("admin",)),
    # Billing is off in these tests; test_billing_api.py has it on.
    Case("POST", "/api/billing/checkout", body={"plan": "pro"}, own=503, roles=("admin",)),
    Case("POST", "/api/billing/portal", own=503, roles=("admin",)),
    Case("PUT", "/api/billing/plan", body={"plan": "pro"}, own=503, roles=("admin",)),
    Case("PUT", "/api/billing/addons/{addon_id}", body={"quantity": 1}, own=503, roles=("admin",)),
    Case("PUT", "/api/billing/ending", body={"ends": True}, own=503, roles=("admin",)),
    Case("POST", "/api/billing/notices/dismiss", body={"kind": "x", "ref": "y"}, own=404, roles=("admin",)),
    *ACCOUNT_CASES,
]
# Open to everybody on purpose, and free of tenants' data; /metrics has its own test.
OPEN = {
    "GET /health",
    "GET /ping",
    "GET /ready",
    "GET /metrics",
    "GET /openapi.json",
    "MOUNT /static",
    "POST /api/auth/login",
    "POST /api/auth/refresh",
    "POST /api/auth/logout",
    # Open to who has a signed link, which test_exports_api.py looks at.
    "GET /api/exports/{export_id}/file",
    # Open to who has Stripe's signature, which test_billing_api.py looks at.
    "POST /api/webhooks/stripe",
    *OPEN_ACCOUNT_ROUTES,
    # Open to who has a connection's secret, which test_evolution_webhook.py looks at.
    "POST /api/webhooks/evolution",
    "POST /api/webhooks/evolution/{connection}",
    "POST /api/webhooks/evolution/{connection}/{event}",
}
# Covered case by case in test_socket.py.
SOCKETS = {"WS /ws/tenant/{tenant_id}/"}


def keys(routes: list[BaseRoute]) -> Iterator[str]:
    for route in routes:
        nested = getattr(route, "original_router", None)  # FastAPI keeps included routers as they are
        if nested is not None:
            yield from keys(nested.routes)
        elif isinstance(route, Mount):
            yield f"MOUNT {route.path}"
        elif isinstance(route, WebSocketRoute):
            yield f"WS {route.path}"
        else:
            yield from (f"{method} {route.path}" for method in route.methods - {"HEAD"})


def application() -> FastAPI:
    return create_app(
        database=DatabaseSettings.model_construct(database_url="postgresql://nowhere"),
        security=SecuritySettings(secret_key=SECRET_KEY),
        settings=ServingSettings.model_construct(public_url=None, metrics_token=None),
    )


def test_every_route_has_a_case():
    assert set(keys(application().routes)) == {case.key for case in CASES} | OPEN | PLATFORM_ROUTES | SOCKETS


def test_every_operation_is_named_by_us_and_described():
    document = application().openapi()
    operations = [each for path in document["paths"].values() for each in path.values()]
    names = [each["operationId"] for each in operations]
    assert len(set(names)) == len(names)
    assert [name for name in names if name.count("_api_") or name.endswith(("_get", "_post"))] == []
    assert [each["operationId"] for each in operations if not each.get("description")] == []
    assert "Problem" in document["components"]["schemas"]


@pytest.fixture
async def talk(pipeline_pool, people):
    """A message in each company; the other's holds a text that must never be seen."""
    async with pipeline_pool.connection() as connection:
        own = await Chat(connection, people["ana"].tenant_id).open()
        await own.say("meu pedido atrasou", score=(-0.5, 20), embed=True)
        other = await Chat(connection, people["bia"].tenant_id).open()
        await other.say(SECRET_TEXT, score=(0.9, 90), embed=True)
        foreign_invitation, _ = await add_invitation(
            connection,
            people["bia"].tenant_id,
            email="convidado@sorriso.example",
            role="analyst",
            invited_by="user:x",
            now=datetime.now(UTC),
        )
        foreign_key, _ = await make_key(
            connection, people["bia"].tenant_id, name="jabuticaba", scopes=["read_messages"], created_by="user:x"
        )
    return {
        "foreign_chat": str(other.id),
        "foreign_connection": str(other.connection_id),
        "foreign_person": str(people["bia"].user_id),
        "foreign_invitation": str(foreign_invitation),
        "foreign_key": str(foreign_key),
    }


def filled(path: str, talk: dict[str, str]) -> str:
    """`path` with the foreign ids that it names; other braces are left for routes that take any value."""
    for name, value in talk.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def request(case: Case, tenant_id, talk) -> dict[str, Any]:
    return {
        "method": case.method,
        "url": filled(case.path.replace("{tenant_id}", str(tenant_id)), talk) + case.query.format(**talk),
        "json": case.body,
    }


async def test_nobody_gets_in_without_a_token(api, people, talk):
    for case in CASES:
        response = await api.client.request(**request(case, people["ana"].tenant_id, talk))
        assert (case.key, response.status_code) == (case.key, case.nobody)
        assert response.headers["content-type"] == "application/problem+json"


async def test_roles_may_do_what_the_table_says(api, people, talk):
    for case in CASES:
        for name in ("ana", "otto", "alice"):
            person = people[name]
            call = request(case, person.tenant_id, talk)
            response = await api.client.request(**call, headers=api.headers(person))
            expected = case.own if person.role in case.roles else 403
            assert (case.key, name, response.status_code) == (case.key, name, expected)


async def test_nothing_of_another_company_is_ever_shown(api, people, talk):
    ana, bia = people["ana"], people["bia"]
    for case in CASES:
        for asked in (ana, bia):
            call = request(case, asked.tenant_id, talk)
            response = await api.client.request(**call, headers=api.headers(ana))
            if asked is bia and case.foreign is not None:
                assert (case.key, response.status_code) == (case.key, case.foreign)
            text = response.text
            for trace in ("jabuticaba", str(bia.tenant_id), str(bia.user_id), "Sorriso", talk["foreign_chat"]):
                assert trace not in text, f"{case.key} shows the other company's {trace}"


async def test_the_other_company_does_see_it(api, people, talk):
    """So that the test above can't pass because nothing was there."""
    response = await api.client.get("/api/messages?q=jabuticaba", headers=api.headers(people["bia"]))
    assert [item["text"] for item in response.json()["items"]] == [SECRET_TEXT]


async def test_odd_company_ids_are_not_found(api, people):
    own = str(people["ana"].tenant_id)
    for wrong in (f"{own}%20", f"{own}%00", f"../{own}", "x", "%2e%2e", str(UUID(int=0))):
        response = await api.client.get(f"/api/tenants/{wrong}/metrics", headers=api.headers(people["ana"]))
        assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
