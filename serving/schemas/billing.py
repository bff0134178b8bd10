"""Billing on the wire. Amounts are centavos; times are UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from evosense.billing.access import BillingPage
from evosense.billing.change import Changed
from evosense.billing.entitlements import Entitlements
from evosense.billing.models import Access, AccountStatus, Catalogue, Meter, SubscriptionStatus
from evosense.tenants.models import TenantStatus
from serving.schemas.text import Text

PlanId = Annotated[str, Field(min_length=1, max_length=40, pattern="^[a-z_]+$", examples=["scale"])]
AddOnId = PlanId


class Received(BaseModel):
    """The event is stored; `new` is false for one that was stored before."""

    received: bool
    new: bool


class EntitledTo(BaseModel):
    """What the company may use now. A limit of null is none; `banner` is a code for what to tell its people."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "plan": "pro",
                "status": "active",
                "access": "full",
                "banner": None,
                "changes_at": None,
                "purge_after": None,
                "products": {"sense": "plan", "notifications": "plan", "api": "addon"},
                "limits": {"connections": 4, "users": 10, "contacts": 10000, "exports": 5, "campaigns": 50},
                "retention_days": 180,
                "store_raw_text": True,
                "embeddings": True,
            }
        }
    )

    plan: str
    status: TenantStatus
    access: Access
    banner: str | None
    changes_at: datetime | None = Field(description="When time alone changes the access (grace, trial)")
    purge_after: datetime | None = Field(description="When the data of a canceled company are erased")
    products: Mapping[str, Literal["plan", "addon"]]
    limits: Mapping[Meter, int | None]
    retention_days: int
    store_raw_text: bool
    embeddings: bool

    @classmethod
    def of(cls, found: Entitlements) -> EntitledTo:
        """From the domain's."""
        return cls(
            plan=found.plan_id,
            status=found.standing.tenant_status,
            access=found.standing.access,
            banner=found.standing.banner,
            changes_at=found.standing.changes_at,
            purge_after=found.standing.purge_after,
            products=found.products,
            limits=found.limits,
            retention_days=found.retention_days,
            store_raw_text=found.store_raw_text,
            embeddings=found.embeddings,
        )


class PlanForSale(BaseModel):
    """A plan. A price of null is agreed by contract."""

    id: str
    name: str
    price_cents: int | None
    currency: str
    limits: Mapping[Meter, int | None]
    retention_days: int
    store_raw_text: bool
    products: list[str]
    trial_days: int


class AddOnForSale(BaseModel):
    """An add-on: opens a product, or raises a limit by `amount` each."""

    id: str
    name: str
    product: str | None
    meter: Meter | None
    amount: int | None
    price_cents: int
    currency: str


class PriceList(BaseModel):
    """Everything that is sold."""

    plans: list[PlanForSale]
    addons: list[AddOnForSale]

    @classmethod
    def of(cls, catalogue: Catalogue) -> PriceList:
        """From the domain's."""
        plans = [
            PlanForSale(
                id=plan.plan_id,
                name=plan.name,
                price_cents=plan.price_cents,
                currency=plan.currency,
                limits=plan.limits,
                retention_days=plan.retention_days,
                store_raw_text=plan.store_raw_text,
                products=sorted(plan.products),
                trial_days=plan.trial_days,
            )
            for plan in catalogue.plans.values()
        ]
        addons = [
            AddOnForSale(
                id=addon.addon_id,
                name=addon.name,
                product=addon.product_id,
                meter=addon.meter,
                amount=addon.amount,
                price_cents=addon.price_cents,
                currency=addon.currency,
            )
            for addon in catalogue.addons.values()
        ]
        return cls(plans=plans, addons=addons)


class Subscription(BaseModel):
    """The subscription that counts."""

    status: SubscriptionStatus
    period_end: datetime | None
    trial_ends_at: datetime | None
    ends_with_period: bool
    next_plan: str | None = Field(description="The smaller plan that begins at `next_plan_at`")
    next_plan_at: datetime | None


class Invoice(BaseModel):
    """One invoice; the portal has it as a document."""

    id: str
    status: str
    amount_due_cents: int
    amount_paid_cents: int
    currency: str
    created_at: datetime
    due_at: datetime | None
    next_payment_attempt: datetime | None


class Notice(BaseModel):
    """Something to tell the company's administrators. `kind` and `ref` name it when it is dismissed."""

    kind: str
    ref: str
    created_at: datetime
    detail: Mapping[str, Any]


class BillingState(BaseModel):
    """The billing page."""

    entitlements: EntitledTo
    addons: Mapping[str, int] = Field(description="Quantity by add-on, of those that were bought")
    usage: Mapping[Meter, int]
    account_status: AccountStatus
    paid_until: datetime | None
    subscription: Subscription | None
    invoices: list[Invoice]
    notices: list[Notice]

    @classmethod
    def of(cls, page: BillingPage) -> BillingState:
        """From the domain's."""
        return cls(
            entitlements=EntitledTo.of(page.entitlements),
            addons=page.entitlements.addons,
            usage=page.usage,
            account_status=page.account.status if page.account else "none",
            paid_until=page.account.paid_until if page.account else None,
            subscription=_subscription(page),
            invoices=[
                Invoice(
                    id=one.invoice_id,
                    status=one.status,
                    amount_due_cents=one.amount_due_cents,
                    amount_paid_cents=one.amount_paid_cents,
                    currency=one.currency,
                    created_at=one.created_at,
                    due_at=one.due_at,
                    next_payment_attempt=one.next_payment_attempt,
                )
                for one in page.invoices
            ],
            notices=[
                Notice(kind=one.kind, ref=one.ref, created_at=one.created_at, detail=one.detail) for one in page.notices
            ],
        )


class NewPurchase(BaseModel):
    """What to buy."""

    plan: PlanId
    addons: dict[AddOnId, Annotated[int, Field(ge=0, le=1000)]] = Field(default_factory=dict, max_length=20)


class Link(BaseModel):
    """Where to send the browser."""

    url: str


class NewPlan(BaseModel):
    """The plan to move to. `reduce` agrees to switch off connections above a smaller plan's limit when it begins."""

    plan: PlanId
    reduce: bool = False


class AddOnQuantity(BaseModel):
    """How many of an add-on from now on."""

    quantity: int = Field(ge=0, le=1000)


class Ending(BaseModel):
    """Whether the subscription ends with the paid period."""

    ends: bool


class Dismissed(BaseModel):
    """The notice that was read."""

    kind: Text = Field(max_length=60)
    ref: Text = Field(max_length=255)


class Outcome(BaseModel):
    """What came of a change: it holds, begins later, or waits for its payment (and is dropped without one)."""

    status: SubscriptionStatus
    begins_at: datetime | None
    waits_for_payment: bool

    @classmethod
    def of(cls, changed: Changed) -> Outcome:
        """From the domain's."""
        return cls(
            status=changed.subscription.status,
            begins_at=changed.begins_at,
            waits_for_payment=changed.waits_for_payment,
        )


def _subscription(page: BillingPage) -> Subscription | None:
    found = page.subscription
    if found is None:
        return None
    return Subscription(
        status=found.status,
        period_end=found.period_end,
        trial_ends_at=found.trial_ends_at,
        ends_with_period=found.cancel_at_period_end,
        next_plan=found.plan_hint if found.kept_until else None,
        next_plan_at=found.kept_until,
    )
