"""Stripe's own pages, as far as a person needs them to try billing by hand: the checkout page and the customer portal.

The portal can also do what nobody can at Stripe: let time pass, and make the card fail.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Final

from aiohttp import web

from evosense.testing.stripe import checkouts, invoices
from evosense.testing.stripe.clock import advance
from evosense.testing.stripe.ledger import DAY, Json, Ledger, Refusal

_STYLE: Final = (
    "body{font:16px/1.5 system-ui;max-width:40rem;margin:3rem auto;padding:0 1rem}"
    "button{font:inherit;margin:.3rem .5rem .3rem 0;padding:.4rem .9rem}.note{background:#fff3cd;padding:.5rem 1rem}"
)
_DECLINED: Final = "O cartão foi recusado. Tente de outra forma."
# Names of the buttons and what they do to a customer.
_PORTAL: Final[dict[str, tuple[str, Callable[[Ledger, Json], None]]]] = {
    "pay": ("Pagar a fatura em aberto", lambda ledger, customer: _pay(ledger, customer)),
    "fail": ("O cartão passa a falhar", lambda ledger, customer: _set_card(ledger, customer, declines=True)),
    "work": ("O cartão volta a funcionar", lambda ledger, customer: _set_card(ledger, customer, declines=False)),
    "boleto": ("O banco confirma o boleto", lambda ledger, customer: _confirm_boleto(ledger, customer)),
    "day": ("Passa um dia", lambda ledger, _: advance(ledger, DAY)),
    "month": ("Passa um mês", lambda ledger, _: advance(ledger, 31 * DAY)),
}


def add_pages(app: web.Application, ledger: Ledger) -> None:
    """Serve the pages that the ledger's checkout and portal links lead to."""

    async def checkout(request: web.Request) -> web.Response:
        return _answer(lambda: _checkout(ledger, request.match_info["id"]))

    async def pay(request: web.Request) -> web.Response:
        method = str((await request.post()).get("method"))
        return _answer(lambda: _pay_checkout(ledger, request.match_info["id"], method))

    async def portal(request: web.Request) -> web.Response:
        return _answer(lambda: _portal(ledger, request.match_info["id"], request.query.get("back", "/")))

    async def act(request: web.Request) -> web.Response:
        name, back = str((await request.post()).get("act")), request.query.get("back", "/")
        return _answer(lambda: _act(ledger, request.match_info["id"], name, back))

    app.router.add_get("/c/pay/{id}", checkout)
    app.router.add_post("/c/pay/{id}", pay)
    app.router.add_get("/p/session/{id}", portal)
    app.router.add_post("/p/session/{id}", act)


def _answer(make: Callable[[], web.Response]) -> web.Response:
    try:
        return make()
    except Refusal as refusal:
        return _page("Não deu certo", f"<p>{escape(refusal.body['error']['message'])}</p>")


def _page(title: str, body: str, note: str = "") -> web.Response:
    told = f'<p class="note">{escape(note)}</p>' if note else ""
    document = (
        f'<!doctype html><html lang="pt-BR"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
        f"<h1>{title}</h1>{told}{body}<p><small>Isto não é o Stripe, e nenhum dinheiro se move.</small></p></html>"
    )
    return web.Response(text=document, content_type="text/html")


def _checkout(ledger: Ledger, session_id: str, note: str = "") -> web.Response:
    session = ledger.get("checkout.session", session_id)
    if session["status"] != "open":
        return _page("Esta página não está mais aberta", "")
    lines = [(ledger.get("price", price), count) for price, count in session["_items"]]
    rows = "".join(
        f"<li>{count} × {escape(one['lookup_key'])}: {_reais(one['unit_amount'])}</li>" for one, count in lines
    )
    buttons = "".join(
        f'<button name="method" value="{value}">{label}</button>'
        for value, label in (("card", "Cartão"), ("boleto", "Boleto"), ("declined", "Cartão recusado"))
    )
    total = _reais(sum(one["unit_amount"] * count for one, count in lines))
    body = f'<ul>{rows}</ul><p>Total por mês: <b>{total}</b></p><form method="post">{buttons}</form>'
    return _page("Pagamento", f'{body}<p><a href="{escape(session["_cancel_url"])}">Voltar sem pagar</a></p>', note)


def _pay_checkout(ledger: Ledger, session_id: str, method: str) -> web.Response:
    session = ledger.get("checkout.session", session_id)
    if method not in ("card", "boleto") or checkouts.pay_checkout(ledger, session, method=method) is None:
        return _checkout(ledger, session_id, _DECLINED)
    return web.Response(status=303, headers={"Location": session["_success_url"]})


def _portal(ledger: Ledger, customer_id: str, back: str, note: str = "") -> web.Response:
    bills = ledger.of_customer("invoice", ledger.get("customer", customer_id)["id"])
    rows = "".join(f"<li>{_reais(bill['amount_due'])}: {escape(bill['status'])}</li>" for bill in bills)
    buttons = "".join(f'<button name="act" value="{name}">{label}</button>' for name, (label, _) in _PORTAL.items())
    body = f'<ul>{rows}</ul><form method="post">{buttons}</form><p><a href="{escape(back)}">Voltar</a></p>'
    return _page("Formas de pagamento e faturas", body, note)


def _act(ledger: Ledger, customer_id: str, name: str, back: str) -> web.Response:
    customer = ledger.get("customer", customer_id)
    if name not in _PORTAL:
        return _portal(ledger, customer_id, back)
    label, act = _PORTAL[name]
    act(ledger, customer)
    return _portal(ledger, customer_id, back, f"Feito: {label}.")


def _pay(ledger: Ledger, customer: Json) -> None:
    for bill in reversed(ledger.of_customer("invoice", customer["id"])):
        if bill["status"] == "open":
            invoices.settle_invoice(ledger, bill)
            return


def _set_card(ledger: Ledger, customer: Json, *, declines: bool) -> None:
    customer["_declines"] = declines
    ledger.emit("customer.updated", customer)


def _confirm_boleto(ledger: Ledger, customer: Json) -> None:
    for session in ledger.of_customer("checkout.session", customer["id"]):
        invoice = ledger.objects.get(session["_invoice"] or "")
        if invoice is not None and invoice["status"] == "open":
            checkouts.settle_boleto(ledger, session, paid=True)
            return


def _reais(cents: int) -> str:
    return f"R$ {cents / 100:,.2f}".translate(str.maketrans(",.", ".,"))
