"""Limits, held where they are used: in the transaction that adds the thing, whoever else tries at that moment.

    async with tenant_transaction(pool, actor) as connection:
        allowed = await load_entitlements(connection, actor.tenant_id)
        # LimitReached, or nobody else counts until the commit:
        await reserve(connection, actor.tenant_id, "connections", allowed)
        await connection.execute("insert into app.connection …")

Standing things (connections, people, contacts) are counted under a lock that the transaction holds to its end;
used-up things (exports a day, campaigns a month) are a counter raised by one statement. Needs READ COMMITTED, which
is what every pool of ours uses: a count after the lock must see what the last holder committed.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection

from evosense.billing.entitlements import Entitlements
from evosense.billing.models import Meter
from evosense.db.named_queries import load
from evosense.errors import InvalidInput, QuotaExceeded

_QUERIES = load("evosense.billing", "plans.sql")
_COUNTED: Final[dict[Meter, str]] = {
    "connections": "count_connections",
    "users": "count_users",
    "contacts": "count_contacts",
}
_NAMES: Final[dict[Meter, str]] = {
    "connections": "connections",
    "users": "people",
    "contacts": "contacts",
    "exports": "exports a day",
    "campaigns": "campaigns a month",
}


class LimitReached(QuotaExceeded):
    """The plan's limit is reached; choose a larger plan or free some of it."""

    code = "limit_reached"

    def __init__(self, meter: Meter, used: int, limit: int, *, is_coming: bool = False) -> None:
        """`used` of `limit` before the attempt; `is_coming`: the limit is that of a smaller plan that was chosen."""
        if is_coming:
            what = f"the smaller plan that you chose allows {limit} {_NAMES[meter]}"
            remedy = "free one, or take the change of plan back under Billing"
        else:
            what = f"your plan allows {limit} {_NAMES[meter]}"
            remedy = "free one, or choose a larger plan or an add-on under Billing"
        super().__init__(f"{what} and {used} are in use; {remedy}")
        self.meter = meter
        self.used = used
        self.limit = limit


async def reserve(
    connection: AsyncConnection[Any], tenant_id: UUID, meter: Meter, allowed: Entitlements, *, amount: int = 1
) -> None:
    """Make sure that `amount` more of a standing thing fits; until the transaction ends nobody else may add one.

    Raises:
        LimitReached: it does not fit.
    """
    limit = allowed.limits[meter]
    await connection.execute(_QUERIES["lock_limit"], {"tenant_id": tenant_id, "meter": meter})
    used = await count(connection, tenant_id, meter)
    if limit is not None and used + amount > limit:
        raise LimitReached(meter, used, limit)
    coming = allowed.coming.get(meter)
    if coming is not None and used + amount > coming:
        raise LimitReached(meter, used, coming, is_coming=True)


async def take(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    meter: Meter,
    allowed: Entitlements,
    *,
    amount: int = 1,
    now: datetime | None = None,
) -> date:
    """Use up `amount` of a metered thing in the tenant's own day or month; answers the period, for `give_back`.

    Raises:
        LimitReached: nothing of it is left in this period.
    """
    limit = allowed.limits[meter]
    period = await _period(connection, tenant_id, meter, now or datetime.now(UTC))
    values = {"tenant_id": tenant_id, "meter": meter, "period": period, "amount": amount, "limit": limit}
    if await (await connection.execute(_QUERIES["take"], values)).fetchone() is None:
        row = await (await connection.execute(_QUERIES["used"], values)).fetchone()
        raise LimitReached(meter, int(row[0]) if row else 0, limit or 0)
    return period


async def give_back(
    connection: AsyncConnection[Any], tenant_id: UUID, meter: Meter, period: date, *, amount: int = 1
) -> None:
    """Undo `take` for work that did not happen."""
    values = {"tenant_id": tenant_id, "meter": meter, "period": period, "amount": amount}
    await connection.execute(_QUERIES["give_back"], values)


async def count(connection: AsyncConnection[Any], tenant_id: UUID, meter: Meter, *, now: datetime | None = None) -> int:
    """How much of the meter is in use, or was used up in the current period."""
    values: dict[str, Any] = {"tenant_id": tenant_id, "meter": meter}
    if meter not in _COUNTED:
        values["period"] = await _period(connection, tenant_id, meter, now or datetime.now(UTC))
    row = await (await connection.execute(_QUERIES[_COUNTED.get(meter, "used")], values)).fetchone()
    return int(row[0]) if row else 0


async def over_limits(
    connection: AsyncConnection[Any], tenant_id: UUID, allowed: Entitlements
) -> dict[Meter, tuple[int, int]]:
    """Standing things above what is allowed: meter to (in use, limit)."""
    over: dict[Meter, tuple[int, int]] = {}
    for meter in _COUNTED:
        limit = allowed.limits[meter]
        used = await count(connection, tenant_id, meter)
        if limit is not None and used > limit:
            over[meter] = (used, limit)
    return over


async def _period(connection: AsyncConnection[Any], tenant_id: UUID, meter: Meter, now: datetime) -> date:
    row = await (await connection.execute(_QUERIES["local_period"], {"tenant_id": tenant_id, "now": now})).fetchone()
    if row is None or meter in _COUNTED:
        message = f"{meter} of this tenant is not counted by period"
        raise InvalidInput(message)
    return row[1] if meter == "campaigns" else row[0]
