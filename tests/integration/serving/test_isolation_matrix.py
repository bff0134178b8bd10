"""Every route times every kind of caller. A route without a case here fails the first test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from fastapi import FastAPI
from starlette.routing import BaseRoute, Mount, WebSocketRoute

from evosense.settings import DatabaseSettings, SecuritySettings, ServingSettings
from serving.app import create_app
from tests.integration.serving.account_cases import ACCOUNT_CASES, OPEN_ACCOUNT_ROUTES, PLATFORM_ROUTES
from tests.integration.serving.alert_cases import ALERT_CASES
from tests.integration.serving.case import Case
from tests.integration.serving.conftest import SECRET_KEY, Person
from tests.integration.serving.privacy_cases import PRIVACY_AND_EXPORTS
from tests.integration.serving.things import MAKERS, SECRET_TEXT, Things

REPLAY = {"candidates": ["v2"], "first_day": "2026-11-01", "last_day": "2026-11-02"}
SHADOW = {"name": "x", "hypothesis": "h", "challengers": [{"version": "v2"}]}
NEW_PROMPT = {"messages": [{"role": "user", "content": "{text}"}]}
ADMIN = ("admin",)

DAYS = "?from=2026-11-19&to=2026-11-21"
CASES = [
    *ACCOUNT_CASES,
    Case("GET", "/api/me"),
    Case("GET", "/api/tenants/{tenant_id}/metrics"),
    Case("GET", "/api/tenants/{tenant_id}/kpis", DAYS),
    Case("GET", "/api/metrics"),
    Case("GET", "/api/tenants/{tenant_id}/series", DAYS + "&metric=messages_in&grain=hour"),
    Case("GET", "/api/tenants/{tenant_id}/heatmap", DAYS),
    Case("GET", "/api/tenants/{tenant_id}/leaderboards", DAYS),
    Case("GET", "/api/tenants/{tenant_id}/emotions", DAYS),
    Case("GET", "/api/tenants/{tenant_id}/explain", DAYS + "&metric=messages_in"),
    Case("GET", "/api/tenants/{tenant_id}/response-times", DAYS),
    Case("GET", "/api/tenants/{tenant_id}/latency", DAYS),
    Case("GET", "/api/tenants/{tenant_id}/coverage", DAYS),
    Case("GET", "/api/tenants/{tenant_id}/business-hours"),
    Case("PUT", "/api/tenants/{tenant_id}/business-hours", body={"openings": []}, roles=ADMIN),
    Case("GET", "/api/tenants/{tenant_id}/retention", DAYS),
    Case("GET", "/api/tenants/{tenant_id}/lifecycle", DAYS),
    Case("GET", "/api/tenants/{tenant_id}/retention/contacts", DAYS + "&cohort=2026-11-20&column=1"),
    Case("GET", "/api/tenants/{tenant_id}/lifecycle/contacts", "?stage=new&starts_on=2026-11-20"),
    Case("GET", "/api/tenants/{tenant_id}/stickiness", DAYS),
    Case("GET", "/api/tenants/{tenant_id}/silent-churn", DAYS),
    *ALERT_CASES,
    Case("GET", "/api/tenants/{tenant_id}/themes", DAYS),
    Case("GET", "/api/conversations"),
    Case("GET", "/api/conversations", "?chat_id={chat_id}"),
    Case("GET", "/api/conversations/{conversation_id}"),
    Case("POST", "/api/conversations/{chat_id}/close", roles=("admin", "operator")),
    Case("GET", "/api/messages"),
    Case("GET", "/api/messages", "?q=jabuticaba"),
    Case("GET", "/api/messages", "?chat_id={chat_id}"),
    Case("GET", "/api/messages", "?connection_id={connection_id}"),
    Case("GET", "/api/messages", "?q=jabuticaba&chat_id={chat_id}"),
    Case("POST", "/api/messages/semantic-search", body={"query": SECRET_TEXT}),
    Case("GET", "/api/search", "?q=jabuticaba"),
    Case("GET", "/api/search", "?q=jabuticaba&mode=text&chat_id={chat_id}"),
    Case("GET", "/api/messages/{message_id}/similar"),
    Case("GET", "/api/conversations/{chat_id}/similar"),
    Case("GET", "/api/live", "?since=0"),
    Case("GET", "/api/prompts"),
    Case("POST", "/api/prompts", body=NEW_PROMPT, own=201, roles=ADMIN),
    Case("GET", "/api/prompts/channels"),
    Case("GET", "/api/prompts/events"),
    Case("GET", "/api/prompts/diff", "?old={prompt_hash}&new={prompt_hash}", foreign=404),
    Case("POST", "/api/prompts/rollback", body={"reason": "r"}, own=409, roles=ADMIN),
    Case(
        "POST",
        "/api/prompts/move",
        body={"version": "{prompt_hash}", "channel": "staging", "reason": "r"},
        roles=ADMIN,
    ),
    Case("GET", "/api/labels/waiting"),
    Case("POST", "/api/labels", body={"message_id": "{message_id}", "sentiment": 0.5}, own=204),
    Case("GET", "/api/experiments"),
    Case("POST", "/api/experiments/replay", body=REPLAY, own=202, roles=ADMIN),
    Case("GET", "/api/experiments/{run_id}"),
    Case("POST", "/api/experiments/{run_id}/cancel", roles=ADMIN),
    Case("GET", "/api/experiments/reports/{report_hash}"),
    Case("GET", "/api/experiments/reports/{report_hash}/regressions"),
    Case("GET", "/api/experiments/reports"),
    # No model has scored a message of the replay's days yet, so there is nothing to replay or to shadow with.
    Case("POST", "/api/experiments/plan", body=REPLAY, own=422, roles=ADMIN),
    Case("GET", "/api/experiments/shadows"),
    Case("POST", "/api/experiments/shadows", body=SHADOW, own=422, roles=ADMIN),
    Case("GET", "/api/experiments/shadows/{experiment_id}"),
    *(Case("POST", f"/api/experiments/shadows/{{experiment_id}}/{verb}", roles=ADMIN) for verb in ("begin", "stop")),
    Case("GET", "/api/prompts/policy"),
    Case("PUT", "/api/prompts/policy", body={"four_eyes": False, "needs_report": True}, roles=ADMIN),
    Case("GET", "/api/prompts/proposals"),
    Case(
        "POST",
        "/api/prompts/proposals",
        body={"version": "{prompt_hash}", "channel": "staging", "reason": "r"},
        own=201,
        roles=ADMIN,
    ),
    *(Case("POST", f"/api/prompts/proposals/{{proposal_id}}/{verb}", roles=ADMIN) for verb in ("approve", "reject")),
    *PRIVACY_AND_EXPORTS,
    Case("POST", "/api/ai/analyze", body={"text": "oi"}, roles=ADMIN),
    Case("POST", "/api/ai/analyze", body={"message_ids": ["{message_id}"]}, roles=ADMIN),
    Case("GET", "/api/entitlements"),
    Case("GET", "/api/billing/plans"),
    Case("GET", "/api/billing", roles=ADMIN),
    # Billing is off in these tests; test_billing_api.py has it on.
    Case("POST", "/api/billing/checkout", body={"plan": "pro"}, own=503, roles=ADMIN),
    Case("POST", "/api/billing/portal", own=503, roles=ADMIN),
    Case("PUT", "/api/billing/plan", body={"plan": "pro"}, own=503, roles=ADMIN),
    Case("PUT", "/api/billing/addons/{addon_id}", body={"quantity": 1}, own=503, roles=ADMIN),
    Case("PUT", "/api/billing/ending", body={"ends": True}, own=503, roles=ADMIN),
    Case("POST", "/api/billing/notices/dismiss", body={"kind": "x", "ref": "y"}, own=404, roles=ADMIN),
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
async def things(pipeline_pool, people, master_key) -> Things:
    """Makes things of either company; in each, somebody has said something already."""
    made = Things(pipeline_pool, master_key, people["bia"], {})
    for name in ("ana", "bia"):
        await made.says(people[name])
    return made


def test_every_id_in_a_path_is_of_a_thing_that_is_made():
    """So that nothing is asked for by an id that exists nowhere, which would prove nothing."""
    assert [case.key for case in CASES if set(re.findall(r"{(\w+)}", case.path)) - set(MAKERS)] == []


async def test_nobody_gets_in_without_a_token(api, people, things):
    for case in CASES:
        response = await api.client.request(**await things.request(case, people["ana"]))
        assert (case.key, response.status_code) == (case.key, case.nobody)
        assert response.headers["content-type"] == "application/problem+json"


async def test_roles_may_do_what_the_table_says(api, people, things):
    for case in CASES:
        for name in ("ana", "otto", "alice"):
            person = people[name]
            call = await things.request(case, person)
            response = await api.client.request(**call, headers=api.headers(person))
            expected = case.own if person.role in case.roles else 403
            assert (case.key, name, response.status_code, response.text[:300]) == (
                case.key, name, expected, response.text[:300],
            )  # fmt: skip


async def test_nothing_of_another_company_is_ever_shown_or_changed(api, people, things):
    """What is there for its own company, called in the same way, is not there for anybody else's administrator."""
    ana, bia = people["ana"], people["bia"]
    for case in CASES:
        call = await things.request(case, bia)
        response = await api.client.request(**call, headers=api.headers(ana))
        shows_nothing_of(bia, case, response.text)
        if case.foreign_status is not None:
            assert (case.key, response.status_code) == (case.key, case.foreign_status)
            same = await api.client.request(**call, headers=api.headers(bia))
            assert (case.key, same.status_code, same.text[:200]) == (case.key, case.own, same.text[:200])
        mine = await api.client.request(**await things.request(case, ana), headers=api.headers(ana))
        shows_nothing_of(bia, case, mine.text)


def shows_nothing_of(bia: Person, case: Case, text: str) -> None:
    for trace in traces_of(bia):
        assert trace not in text, f"{case.key} shows the other company's {trace}"


def traces_of(bia: Person) -> tuple[str, ...]:
    """What would give the other company away."""
    return ("jabuticaba", "Sorriso", str(bia.tenant_id), str(bia.user_id))


async def test_the_other_company_does_see_it(api, people, things):
    """So that the test above can't pass because nothing was there."""
    response = await api.client.get("/api/messages?q=jabuticaba", headers=api.headers(people["bia"]))
    assert [item["text"] for item in response.json()["items"]] == [SECRET_TEXT]


async def test_odd_company_ids_are_not_found(api, people):
    own = str(people["ana"].tenant_id)
    for wrong in (f"{own}%20", f"{own}%00", f"../{own}", "x", "%2e%2e", str(UUID(int=0))):
        response = await api.client.get(f"/api/tenants/{wrong}/metrics", headers=api.headers(people["ana"]))
        assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
