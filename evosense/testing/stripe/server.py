"""The stand-in on a socket: Stripe's paths, its idempotency keys, and faults on demand.

Idempotency as Stripe has it: the same key with the same parameters gets the first answer again (refusals too), with
other parameters 400, while the first is still running 409.
"""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import urlencode

from aiohttp import web

from evosense.testing.stripe import by_hand, checkouts, invoices, subscriptions
from evosense.testing.stripe.forms import decode_form
from evosense.testing.stripe.ledger import Json, Ledger, Refusal, listing, public
from evosense.testing.stripe.pages import add_pages

# What the next write meets: its answer is lost on the way, it fails before or after acting, or there were too many.
Fault = Literal["lost_answer", "error_before", "error_after", "too_many"]
_Handler = Callable[[Ledger, Json, str], Json]


@dataclass
class Memory:
    """What one idempotency key stands for."""

    request: str
    status: int | None = None
    body: Json = field(default_factory=dict[str, Any])


class StripeStandIn:
    """Serves a ledger on loopback. `async with stand_in(ledger) as stripe: stripe.url`."""

    def __init__(self, ledger: Ledger) -> None:
        """`ledger` is the account; it can be changed while it is served."""
        self.ledger = ledger
        self.url = ""
        self.faults: deque[Fault] = deque()
        # Method and path of every request, in order, and the API versions that were asked for.
        self.calls: list[tuple[str, str]] = []
        self.versions: set[str] = set()
        self.away = False
        # Called with the number of each request, when it arrives and when it was acted on, before the answer.
        self.on_request: Callable[[int, Literal["arrived", "acted"]], None] = lambda _number, _moment: None
        self._keys: dict[str, Memory] = {}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        self.calls.append((request.method, request.path))
        self.versions.add(request.headers.get("Stripe-Version", ""))
        self.on_request(len(self.calls), "arrived")
        if self.away:
            return self._answer(503, {"error": {"type": "api_error", "message": "away"}})
        if not request.headers.get("Authorization", "").startswith("Bearer sk_test_"):
            return self._answer(401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key"}})
        params = decode_form(request.query.items())
        body = await request.text()
        if body:
            params |= decode_form([(name, str(value)) for name, value in (await request.post()).items()])
        if request.method == "GET":
            return self._answer(*self._act(request, params))
        return await self._write(request, params, body)

    async def _write(self, request: web.Request, params: Json, body: str) -> web.StreamResponse:
        fault = self.faults.popleft() if self.faults else None
        if fault == "error_before":
            return self._answer(500, {"error": {"type": "api_error", "message": "try again"}})
        if fault == "too_many":
            return self._answer(429, {"error": {"type": "invalid_request_error", "code": "rate_limit"}})
        fingerprint = hashlib.sha256(f"{request.method} {request.path} {body}".encode()).hexdigest()
        key = request.headers.get("Idempotency-Key", "")
        memory = self._keys.setdefault(key, Memory(fingerprint))
        if memory.request != fingerprint:
            message = "Keys for idempotent requests can only be used with the same parameters they were first used with"
            return self._answer(400, {"error": {"type": "idempotency_error", "message": message}})
        if memory.status is None:
            memory.status, memory.body = self._act(request, params)
            self.on_request(len(self.calls), "acted")
        if fault == "lost_answer":
            assert request.transport is not None  # noqa: S101
            request.transport.abort()
        if fault == "error_after":
            return self._answer(500, {"error": {"type": "api_error", "message": "try again"}})
        return self._answer(memory.status, memory.body)

    def _act(self, request: web.Request, params: Json) -> tuple[int, Json]:
        for method, pattern, handler in _ROUTES:
            found = re.fullmatch(pattern, request.path) if method == request.method else None
            if found:
                try:
                    return 200, handler(self.ledger, params, found[1] if found.groups() else "")
                except Refusal as refusal:
                    return refusal.status, refusal.body
        return 404, {"error": {"type": "invalid_request_error", "message": "Unrecognized request URL"}}

    def _answer(self, status: int, body: Json) -> web.Response:
        return web.json_response(body, status=status, headers={"Request-Id": f"req_{len(self.calls):06d}"})


@asynccontextmanager
async def stand_in(ledger: Ledger, *, port: int = 0) -> AsyncGenerator[StripeStandIn]:
    """Serve `ledger` on 127.0.0.1 for the length of the block."""
    stripe = StripeStandIn(ledger)
    app = web.Application()
    add_pages(app, ledger)
    app.router.add_route("*", "/{path:.*}", stripe.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        stripe.url = ledger.pages = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield stripe
    finally:
        await runner.cleanup()


def _page(ledger: Ledger, kind: str, params: Json) -> Json:
    rows = ledger.of_customer(kind, params["customer"]) if params.get("customer") else ledger.all(kind)
    if kind == "subscription" and params.get("status") != "all":
        rows = [row for row in rows if row["status"] != "canceled"]
    limit = int(params.get("limit", 10))
    return listing(rows, limit=limit, after=params.get("starting_after"), url=f"/v1/{kind}s")


def _prices(ledger: Ledger, params: Json, _: str) -> Json:
    wanted: list[str] = params.get("lookup_keys") or []
    rows = [price for price in ledger.all("price") if not wanted or price["lookup_key"] in wanted]
    return listing(rows, limit=int(params.get("limit", 10)), after=params.get("starting_after"), url="/v1/prices")


def _new_price(ledger: Ledger, params: Json, _: str) -> Json:
    for older in ledger.all("price"):
        if older["lookup_key"] == params["lookup_key"]:
            if params.get("transfer_lookup_key") != "true":
                raise Refusal(400, "invalid_request_error", None, "A price already uses that lookup key.")
            older["lookup_key"] = None
    return public(ledger.add_price(params["lookup_key"], int(params["unit_amount"])))


def _new_customer(ledger: Ledger, params: Json, _: str) -> Json:
    return public(ledger.add_customer(params.get("name"), params.get("metadata") or {}))


def _new_checkout(ledger: Ledger, params: Json, _: str) -> Json:
    return public(checkouts.open_checkout(ledger, params))


def _expire_checkout(ledger: Ledger, _: Json, session_id: str) -> Json:
    return public(checkouts.expire_checkout(ledger, ledger.get("checkout.session", session_id)))


def _new_portal(ledger: Ledger, params: Json, _: str) -> Json:
    customer_id = ledger.get("customer", params["customer"])["id"]
    return {
        "id": ledger.new_id("bps"),
        "object": "billing_portal.session",
        "created": ledger.now,
        "customer": customer_id,
        "livemode": ledger.livemode,
        "return_url": params["return_url"],
        "url": f"{ledger.pages}/p/session/{customer_id}?{urlencode({'back': params['return_url']})}",
    }


def _change_subscription(ledger: Ledger, params: Json, subscription_id: str) -> Json:
    found = ledger.get("subscription", subscription_id)
    return public(subscriptions.change_subscription(ledger, found, params))


def _cancel_subscription(ledger: Ledger, _: Json, subscription_id: str) -> Json:
    found = ledger.get("subscription", subscription_id)
    invoices.end_subscription(ledger, found)
    return public(found)


def _pay_invoice(ledger: Ledger, _: Json, invoice_id: str) -> Json:
    invoice = ledger.get("invoice", invoice_id)
    if not invoices.try_invoice(ledger, invoice):
        raise Refusal(402, "card_error", "card_declined", "Your card was declined.")
    return public(invoice)


def _read(kind: str) -> _Handler:
    return lambda ledger, _, object_id: public(ledger.get(kind, object_id))


def _list(kind: str) -> _Handler:
    return lambda ledger, params, _: _page(ledger, kind, params)


_ID: Final = r"/([^/]+)"
_ROUTES: Final[list[tuple[str, str, _Handler]]] = [
    ("GET", "/v1/prices", _prices),
    ("POST", "/v1/prices", _new_price),
    ("POST", "/v1/customers", _new_customer),
    ("GET", f"/v1/customers{_ID}", _read("customer")),
    ("POST", f"/v1/customers{_ID}", by_hand.update_customer),
    ("POST", f"/v1/payment_methods{_ID}/attach", by_hand.attach_method),
    ("GET", f"/v1/charges{_ID}", _read("charge")),
    ("POST", "/v1/checkout/sessions", _new_checkout),
    ("GET", f"/v1/checkout/sessions{_ID}", _read("checkout.session")),
    ("POST", f"/v1/checkout/sessions{_ID}/expire", _expire_checkout),
    ("POST", "/v1/billing_portal/sessions", _new_portal),
    ("GET", "/v1/subscriptions", _list("subscription")),
    ("POST", "/v1/subscriptions", by_hand.subscribe),
    ("GET", f"/v1/subscriptions{_ID}", _read("subscription")),
    ("POST", f"/v1/subscriptions{_ID}", _change_subscription),
    ("DELETE", f"/v1/subscriptions{_ID}", _cancel_subscription),
    ("GET", "/v1/invoices", _list("invoice")),
    ("GET", f"/v1/invoices{_ID}", _read("invoice")),
    ("POST", f"/v1/invoices{_ID}/pay", _pay_invoice),
    ("POST", "/v1/test_helpers/test_clocks", by_hand.make_clock),
    ("GET", f"/v1/test_helpers/test_clocks{_ID}", _read("test_helpers.test_clock")),
    ("POST", f"/v1/test_helpers/test_clocks{_ID}/advance", by_hand.advance_clock),
    ("DELETE", f"/v1/test_helpers/test_clocks{_ID}", by_hand.delete_clock),
]
