"""What a tenant may use, by plan, add-ons, contract and standing."""

from datetime import UTC, datetime, timedelta

import pytest

from evosense.billing.entitlements import (
    ProductNotIncluded,
    ReadOnlyAccess,
    SubscriptionRequired,
    addons_of,
    entitlements,
    plan_of,
    require_reading,
    require_writing,
)
from evosense.billing.models import METERS, AddOn, Catalogue, ItemFacts, Plan, SubscriptionFacts
from evosense.billing.state import Standing

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACTIVE = Standing("active", "full", "active")


def plan(plan_id: str, position: int, connections: int | None, products: set[str]) -> Plan:
    limits = dict.fromkeys(METERS, 10) | {"connections": connections}
    key = f"evosense_{plan_id}_month_brl"
    return Plan(plan_id, plan_id, 1, "brl", key, limits, 30, False, True, 14, frozenset(products), position)


CATALOGUE = Catalogue(
    plans={
        "starter": plan("starter", 1, 1, {"sense"}),
        "scale": plan("scale", 3, 6, {"sense", "api"}),
        "enterprise": plan("enterprise", 4, None, {"sense", "api", "flow"}),
    },
    addons={
        "api": AddOn("api", "API", "api", None, None, 1, "brl", "addon_api"),
        "connection": AddOn("connection", "Extra", None, "connections", 2, 1, "brl", "addon_connection"),
    },
    products={"sense": "", "api": "", "flow": ""},
)


def allowed(plan_id="starter", addons=None, contract=None, standing=ACTIVE):
    return entitlements(CATALOGUE, CATALOGUE.plans[plan_id], addons or {}, contract or {}, standing)


@pytest.mark.parametrize(
    ("plan_id", "addons", "contract", "limit"),
    [
        ("starter", {}, {}, 1),
        ("starter", {"connection": 3}, {}, 7),
        ("starter", {"connection": 3}, {"connections": 4}, 4),
        ("starter", {}, {"connections": None}, None),
        ("enterprise", {}, {}, None),
        ("enterprise", {"connection": 1}, {}, None),
        ("enterprise", {}, {"connections": 12}, 12),
    ],
)
def test_limits(plan_id, addons, contract, limit):
    assert allowed(plan_id, addons, contract).limits["connections"] == limit


@pytest.mark.parametrize(
    ("plan_id", "addons", "access", "products"),
    [
        ("starter", {}, "full", {"sense": "plan"}),
        ("starter", {"api": 1}, "full", {"sense": "plan", "api": "addon"}),
        ("starter", {"api": 0}, "full", {"sense": "plan"}),
        ("scale", {"api": 1}, "read_only", {"sense": "plan", "api": "plan"}),
        ("scale", {"api": 1}, "none", {}),
    ],
)
def test_products(plan_id, addons, access, products):
    assert allowed(plan_id, addons, standing=Standing("active", access, "active")).products == products


@pytest.mark.parametrize(
    ("access", "reading", "writing"),
    [("full", None, None), ("read_only", None, ReadOnlyAccess), ("none", SubscriptionRequired, SubscriptionRequired)],
)
def test_access(access, reading, writing):
    for act, refusal in ((require_reading, reading), (require_writing, writing)):
        if refusal is None:
            act(access)
        else:
            with pytest.raises(refusal):
                act(access)


def test_a_product_that_is_not_included_says_so():
    with pytest.raises(ProductNotIncluded, match="Billing"):
        allowed().require_product("flow")
    assert ProductNotIncluded.status == 402


def subscription(items, **more) -> SubscriptionFacts:
    found = tuple(ItemFacts(f"si_{number}", key, count) for number, (key, count) in enumerate(items))
    return SubscriptionFacts("sub_1", "cus_1", "active", "charge_automatically", NOW, items=found, **more)


@pytest.mark.parametrize(
    ("items", "more", "expected"),
    [
        ([("evosense_scale_month_brl", 1)], {}, "scale"),
        ([("addon_api", 1), ("evosense_starter_month_brl", 1)], {}, "starter"),
        ([("made_by_hand", 1)], {"plan_hint": "enterprise"}, "enterprise"),
        ([("made_by_hand", 1)], {}, None),
        ([("evosense_starter_month_brl", 1)], {"kept_plan_id": "scale", "kept_until": NOW + timedelta(1)}, "scale"),
        ([("evosense_starter_month_brl", 1)], {"kept_plan_id": "scale", "kept_until": NOW}, "starter"),
    ],
)
def test_the_plan_of_a_subscription(items, more, expected):
    found = plan_of(CATALOGUE, subscription(items, **more), NOW)
    assert (found and found.plan_id) == expected


def test_addons_are_counted_over_items():
    found = addons_of(CATALOGUE, subscription([("addon_connection", 2), ("addon_connection", 1), ("unknown", 5)]))
    assert found == {"connection": 3}
    assert addons_of(CATALOGUE, None) == {}
