"""API keys: what they open, what they never open, and every route of the isolation matrix by key."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest

from serving.dependencies import Allowed
from serving.permissions import KEY_ACTS, PERMISSIONS, Act
from tests.integration.serving.test_isolation_matrix import CASES, application, shows_nothing_of, things

__all__ = ["things"]  # a fixture


@pytest.fixture
async def with_api(api, people, admin_connection):
    """Ana's company has a plan with the API; what changes is seen at once."""
    admin_connection.execute("update app.tenant set plan_id = 'scale' where tenant_id = %s", (people["ana"].tenant_id,))
    api.resources.principals.remember_for(0)
    return api


async def make(api, person, *scopes: str, **fields) -> dict[str, Any]:
    body = {"name": "painel", "scopes": scopes or sorted(KEY_ACTS), **fields}
    made = await api.client.post("/api/api-keys", json=body, headers=api.headers(person))
    assert made.status_code == 201, made.text
    return made.json()


def acts(routes) -> Iterator[tuple[str, Act | None]]:
    """Each route with the act that it asks for."""
    for route in routes:
        nested = getattr(route, "original_router", None)
        if nested is not None:
            yield from acts(nested.routes)
        elif hasattr(route, "dependant") and hasattr(route, "methods"):
            asked = [d.call.act for d in route.dependant.dependencies if isinstance(d.call, Allowed)]
            yield from ((f"{method} {route.path}", asked[0] if asked else None) for method in route.methods)


async def test_a_key_opens_what_it_was_made_for(with_api, people, admin_connection):
    made = await make(with_api, people["ana"], "read_metrics")
    address = f"/api/tenants/{people['ana'].tenant_id}/metrics"
    for headers in ({"Authorization": f"Bearer {made['key']}"}, {"X-API-Key": made["key"]}):
        assert (await with_api.client.get(address, headers=headers)).status_code == 200
        refused = await with_api.client.get("/api/messages", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")
    [stored] = admin_connection.execute("select row_to_json(k)::text from app.api_key as k").fetchone()
    assert made["key"] not in stored
    [listed] = (await with_api.client.get("/api/api-keys", headers=with_api.headers(people["ana"]))).json()["items"]
    assert listed["last_used_at"] is not None
    assert made["key"].endswith(listed["hint"].removeprefix("evk_…"))


async def test_a_key_ends(with_api, people, admin_connection):
    ana = people["ana"]
    made = await make(with_api, ana, "read_messages")
    headers = {"X-API-Key": made["key"]}
    assert (await with_api.client.get("/api/messages", headers=headers)).status_code == 200
    admin_connection.execute("update app.api_key set expires_at = now()")
    assert (await with_api.client.get("/api/messages", headers=headers)).status_code == 401
    admin_connection.execute("update app.api_key set expires_at = null")
    admin_connection.execute("update app.tenant set plan_id = 'pro'")
    without = await with_api.client.get("/api/messages", headers=headers)
    assert (without.status_code, without.json()["code"]) == (402, "product_not_included")
    admin_connection.execute("update app.tenant set plan_id = 'scale'")
    gone = await with_api.client.delete(f"/api/api-keys/{made['id']}", headers=with_api.headers(ana))
    assert gone.status_code == 204
    assert (await with_api.client.get("/api/messages", headers=headers)).status_code == 401


@pytest.mark.parametrize("wrong", ["evk_", "evk_x", "evk_" + "A" * 64, "evk_é", "evk_" + "=" * 64])
async def test_no_key(with_api, people, wrong):
    for headers in ({"Authorization": f"Bearer {wrong}".encode()}, {"X-API-Key": wrong.encode()}):
        assert (await with_api.client.get("/api/messages", headers=headers)).status_code == 401


async def test_what_a_key_can_not_be_made_for(with_api, people):
    for scope in ("manage_people", "manage_api_keys", "read_profile", "read_audit_log", "everything"):
        body = {"name": "k", "scopes": [scope]}
        refused = await with_api.client.post("/api/api-keys", json=body, headers=with_api.headers(people["ana"]))
        assert refused.status_code == 422
    assert not any(act.startswith("manage_") for act in KEY_ACTS)


def test_every_act_is_in_the_table():
    assert set(get_args(Act)) == set(PERMISSIONS)


async def test_every_route_by_key(with_api, people, things):
    """A key with every scope opens what its acts allow, and nothing of another company; one without, nothing."""
    asked = dict(acts(application().routes))
    ana, bia = people["ana"], people["bia"]
    every = {"X-API-Key": (await make(with_api, ana))["key"]}
    other = {"X-API-Key": (await make(with_api, ana, "hear_live"))["key"]}
    seen = 0
    for case in CASES:
        act = asked[case.key]
        for whose in (ana, bia):
            call = await things.request(case, whose)
            answer = await with_api.client.request(**call, headers=every)
            expected = (case.foreign_status if whose is bia else None) or case.own
            assert (case.key, answer.status_code) == (case.key, expected if act in KEY_ACTS else 403)
            shows_nothing_of(bia, case, answer.text)
            seen += answer.is_success
        if act != "hear_live":
            answer = await with_api.client.request(**await things.request(case, ana), headers=other)
            assert (case.key, answer.status_code) == (case.key, 403)
    assert seen > 50
