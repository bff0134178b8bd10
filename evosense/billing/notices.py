"""What a tenant has to be told about its subscription: which events make a notice, and the notices themselves.

A notice is named by its kind and the matter it is about, so the same event twice, or two events about one failed
attempt, tell the tenant once: on the dashboard, and by mail (`notice_mail.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from evosense.billing.models import Meter
from evosense.billing.state import Standing
from evosense.billing.webhook_events import StripeEvent
from evosense.db.named_queries import load
from evosense.errors import NotFound

_QUERIES = load("evosense.billing", "notices.sql")


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell. `kind` is a code that the dashboard has a sentence for; `ref` is what it is about."""

    kind: str
    ref: str
    created_at: datetime
    detail: dict[str, Any] = field(default_factory=dict[str, Any])


def _about_object(kind: str) -> Callable[[StripeEvent], Notice]:
    return lambda event: Notice(kind, event.object_id or event.event_id, event.created_at)


def _about_invoice(kind: str) -> Callable[[StripeEvent], Notice]:
    def notice(event: StripeEvent) -> Notice:
        invoice = event.hint.invoice
        attempt = invoice.attempt_count if invoice else 0
        detail: dict[str, Any] = {"invoice_id": event.object_id, "attempt": attempt}
        if invoice is not None:
            detail |= {"amount_due_cents": invoice.amount_due_cents, "currency": invoice.currency}
            if invoice.next_payment_attempt is not None:
                detail["next_payment_attempt"] = invoice.next_payment_attempt.isoformat()
        return Notice(kind, f"{event.object_id}:{attempt}", event.created_at, detail)

    return notice


_NOTICES: Final[dict[str, Callable[[StripeEvent], Notice]]] = {
    "invoice.payment_failed": _about_invoice("payment_failed"),
    "invoice.payment_action_required": _about_invoice("action_required"),
    "invoice.overdue": _about_invoice("overdue"),
    "invoice.finalization_failed": _about_invoice("invoice_problem"),
    "checkout.session.async_payment_failed": _about_object("boleto_not_paid"),
    "customer.subscription.trial_will_end": _about_object("trial_ending"),
    "customer.subscription.deleted": _about_object("canceled"),
    "customer.subscription.paused": _about_object("paused"),
    "charge.refunded": _about_object("refunded"),
    "charge.dispute.created": _about_object("dispute"),
}

# Kinds that are about a state, and over with it; a notice about an invoice is over with the invoice.
_PASSING: Final = (
    "access_stopped", "read_only", "canceled", "purge_soon", "trial_ending", "paused", "boleto_not_paid",
)  # fmt: skip


def notice_of(event: StripeEvent) -> Notice | None:
    """The notice that an event makes, if any. Pure."""
    make = _NOTICES.get(event.type)
    return make(event) if make else None


async def add_notice(
    connection: AsyncConnection[Any], tenant_id: UUID, notice: Notice, *, obsolete: bool = False
) -> None:
    """Store a notice unless the same matter was told before."""
    values = {
        "tenant_id": tenant_id,
        "kind": notice.kind,
        "ref": notice.ref,
        "created_at": notice.created_at,
        "obsolete": obsolete,
        "detail": Jsonb(notice.detail),
    }
    await connection.execute(_QUERIES["add_notice"], values)


async def tell_over(
    connection: AsyncConnection[Any], tenant_id: UUID, over: Mapping[Meter, tuple[int, int]], now: datetime
) -> None:
    """Tell, each meter once a month, what is above its limit: meter to (in use, limit)."""
    for meter, (used, limit) in over.items():
        detail = {meter: {"used": used, "limit": limit}}
        await add_notice(connection, tenant_id, Notice("over_limit", f"{meter}:{now:%Y-%m}", now, detail))


def is_over(kind: str, standing: Standing) -> bool:
    """Whether a notice of this kind has nothing to tell any more to who stands so. Pure."""
    match kind:
        case "access_stopped" | "read_only":
            return standing.access == "full"
        case "canceled" | "purge_soon":
            return standing.tenant_status != "canceled"
        case "trial_ending":
            return standing.tenant_status != "trial"
        case "paused":
            return standing.banner != "paused"
        case "boleto_not_paid":
            return standing.tenant_status == "active"
        case _:
            return False


async def settle_notices(connection: AsyncConnection[Any], tenant_id: UUID, standing: Standing | None) -> None:
    """Take back the notices about invoices that are paid or void by now, and about what was and is not any more."""
    over = [kind for kind in _PASSING if standing is not None and is_over(kind, standing)]
    await connection.execute(_QUERIES["settle_notices"], {"tenant_id": tenant_id, "over": over})


async def list_notices(connection: AsyncConnection[Any], tenant_id: UUID) -> list[Notice]:
    """What the tenant has to be told now, the newest first."""
    async with connection.cursor(row_factory=class_row(Notice)) as cursor:
        await cursor.execute(_QUERIES["notices"], {"tenant_id": tenant_id})
        return await cursor.fetchall()


async def dismiss_notice(connection: AsyncConnection[Any], tenant_id: UUID, kind: str, ref: str) -> None:
    """The tenant has seen it. Raises NotFound."""
    values = {"tenant_id": tenant_id, "kind": kind, "ref": ref}
    if await (await connection.execute(_QUERIES["dismiss_notice"], values)).fetchone() is None:
        raise NotFound
