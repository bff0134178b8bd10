"""What a tenant may use: a pure function of plan, add-ons, contract and standing.

`GET /api/entitlements` shows this; `limits.py` holds the same numbers at the place of use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from evosense.billing.models import METERS, Access, AddOn, Catalogue, Meter, Plan, SubscriptionFacts
from evosense.billing.state import Standing
from evosense.errors import NotPermitted, QuotaExceeded

Source = Literal["plan", "addon"]


class ProductNotIncluded(QuotaExceeded):
    """Your plan does not include this product; add it under Billing or choose a larger plan."""

    code = "product_not_included"


class SubscriptionRequired(QuotaExceeded):
    """The subscription is not active; an administrator can settle it under Billing."""

    code = "subscription_required"


class ReadOnlyAccess(NotPermitted):
    """The account is read-only until the open invoice is paid; an administrator can pay it under Billing."""

    code = "read_only"


@dataclass(frozen=True, slots=True)
class Entitlements:
    """What a tenant may use now. `products` maps each open product to where it comes from; a limit of None is none.

    `addons` maps add-ons that were bought to quantities. `coming` are the limits of a smaller plan that was chosen and
    has not begun: nothing is added beyond those.
    """

    plan_id: str
    standing: Standing
    products: Mapping[str, Source]
    limits: Mapping[Meter, int | None]
    retention_days: int
    store_raw_text: bool
    embeddings: bool
    addons: Mapping[str, int] = field(default_factory=dict[str, int])
    coming: Mapping[Meter, int | None] = field(default_factory=dict[Meter, "int | None"])

    def require_product(self, product_id: str) -> None:
        """Raise SubscriptionRequired or ProductNotIncluded unless the product is open."""
        require_reading(self.standing.access)
        if product_id not in self.products:
            raise ProductNotIncluded


def require_reading(access: Access) -> None:
    """Raise SubscriptionRequired when the tenant may see nothing but its billing pages."""
    if access == "none":
        raise SubscriptionRequired


def require_writing(access: Access) -> None:
    """Raise SubscriptionRequired or ReadOnlyAccess unless the tenant may change things."""
    require_reading(access)
    if access == "read_only":
        raise ReadOnlyAccess


def entitlements(
    catalogue: Catalogue,
    plan: Plan,
    addons: Mapping[str, int],
    contract: Mapping[Meter, int | None],
    standing: Standing,
) -> Entitlements:
    """`addons` maps add-on ids to quantities; `contract` holds the limits agreed with this tenant, which go first."""
    bought = [(catalogue.addons[addon_id], quantity) for addon_id, quantity in addons.items() if quantity > 0]
    return Entitlements(
        plan_id=plan.plan_id,
        standing=standing,
        products={} if standing.access == "none" else _products(plan, bought),
        limits={meter: _limit(meter, plan, bought, contract) for meter in METERS},
        retention_days=plan.retention_days,
        store_raw_text=plan.store_raw_text,
        embeddings=plan.embeddings,
        addons={addon.addon_id: quantity for addon, quantity in bought},
    )


def plan_of(catalogue: Catalogue, subscription: SubscriptionFacts, now: datetime) -> Plan | None:
    """The plan that a subscription gives now: the kept one until a downgrade takes effect; None when unknown."""
    if subscription.kept_plan_id and subscription.kept_until and now < subscription.kept_until:
        kept = catalogue.plans.get(subscription.kept_plan_id)
        if kept is not None:
            return kept
    found = [plan for item in subscription.items if (plan := catalogue.plan_of(item.lookup_key)) is not None]
    if found:
        return max(found, key=lambda plan: plan.position)
    return catalogue.plans.get(subscription.plan_hint or "")


def addons_of(catalogue: Catalogue, subscription: SubscriptionFacts | None) -> dict[str, int]:
    """Quantity by add-on id of the subscription's items."""
    counted: dict[str, int] = {}
    for item in subscription.items if subscription else ():
        addon = catalogue.addon_of(item.lookup_key)
        if addon is not None:
            counted[addon.addon_id] = counted.get(addon.addon_id, 0) + item.quantity
    return counted


def _products(plan: Plan, bought: list[tuple[AddOn, int]]) -> dict[str, Source]:
    products: dict[str, Source] = {addon.product_id: "addon" for addon, _ in bought if addon.product_id}
    included: dict[str, Source] = {product_id: "plan" for product_id in sorted(plan.products)}
    return products | included


def _limit(
    meter: Meter, plan: Plan, bought: list[tuple[AddOn, int]], contract: Mapping[Meter, int | None]
) -> int | None:
    if meter in contract:
        return contract[meter]
    base = plan.limits[meter]
    if base is None:
        return None
    return base + sum(quantity * (addon.amount or 0) for addon, quantity in bought if addon.meter == meter)
