"""What a company looks after in a real browser: a day unlike others, its phone, its subscription, its language."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests import dashboard_story as story
from tests.chromium import log_in, violations
from tests.running_demo import RunningDemo
from tests.running_stripe import RunningStripe

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("dashboard")]
AURORA, SORRISO = "loja-aurora", "clinica-sorriso"


def test_a_day_unlike_others_stands_at_the_top_and_leads_to_its_messages(demo: RunningDemo, page: Page) -> None:
    user = demo.user(SORRISO)
    log_in(page, demo.info["api_url"], user)
    expect(page.get_by_text("Nada fora do comum ontem e anteontem, e nenhuma regra quebrada.")).to_be_visible()
    story.rush(demo, user["tenant_id"])
    page.reload()
    alert = page.get_by_role("list", name="Fora do comum").get_by_role("link", name=re.compile("Mensagens recebidas"))
    expect(alert).to_contain_text("acima do normal")
    alert.click()
    expect(page.get_by_role("heading", name="Mensagens recebidas")).to_be_visible()
    counted = page.get_by_text(re.compile(r"^\d+ de \d+ contam$")).inner_text()
    assert int(counted.split()[0]) >= 120, "yesterday's rush is behind it"


def test_a_phone_is_linked_by_its_qr_code(demo: RunningDemo, page: Page) -> None:
    instance = "loja-aurora-celular"
    demo.control("instances", {"name": instance, "token": "token-celular"})
    demo.control("connection", {"instance": instance, "state": "close", "reason": 401})
    log_in(page, demo.info["api_url"], demo.user(AURORA))
    page.goto(f"{demo.info['api_url']}/conexoes")
    page.get_by_role("button", name="Nova conexão").click()
    form = page.get_by_role("dialog", name="Nova conexão")
    form.get_by_label("Nome").fill("Loja Celular")
    form.get_by_label("Servidor Evolution").fill(demo.info["evolution_url"])
    form.get_by_label("Instância", exact=True).fill(instance)
    form.get_by_label("Token da instância").fill("token-celular")
    form.get_by_role("button", name="Nova conexão").click()
    card = page.get_by_role("region", name="Loja Celular")
    expect(card.locator("[data-state='live']")).to_be_visible(timeout=60_000)
    expect(card.get_by_text("vinculado", exact=True)).to_be_hidden()

    card.get_by_role("button", name="Vincular celular").click()
    dialog = page.get_by_role("dialog", name="Vincular celular")
    code = dialog.get_by_role("img", name="QR code para vincular o celular")
    expect(code).to_be_visible()
    assert code.evaluate("image => image.complete && image.naturalWidth > 0"), "the browser can read the picture"

    demo.control("pair", {"instance": instance})
    expect(dialog.get_by_text("O celular já está vinculado.")).to_be_visible(timeout=20_000)
    page.keyboard.press("Escape")
    expect(card.get_by_text("vinculado", exact=True)).to_be_visible()


def test_a_plan_is_bought_its_invoice_appears_and_the_portal_opens(
    demo: RunningDemo, stripe: RunningStripe, page: Page
) -> None:
    page.route("**/favicon.ico", lambda route: route.fulfill(status=204))  # the stand-in's pages have none
    log_in(page, demo.info["api_url"], demo.user(SORRISO))
    page.goto(f"{demo.info['api_url']}/billing")
    expect(page.get_by_text("Nenhuma fatura ainda")).to_be_visible()
    page.get_by_role("button", name="Contratar").last.click()
    page.get_by_role("dialog", name=re.compile("^Contratar ")).get_by_role("button", name="Contratar").click()

    page.wait_for_url(f"{stripe.server.url}/c/pay/**")
    page.get_by_role("button", name="Cartão", exact=True).click()
    page.wait_for_url("**/billing?checkout=done")
    expect(page.get_by_text("Pagamento concluído.")).to_be_visible()
    stripe.work_in(demo)
    page.reload()
    invoices = page.get_by_role("region", name="Faturas")
    expect(invoices.get_by_role("row").nth(1)).to_contain_text("Paga")
    expect(invoices.get_by_role("row").nth(1)).to_contain_text("R$")

    invoices.get_by_role("button", name="Formas de pagamento e documentos").click()
    page.wait_for_url(f"{stripe.server.url}/p/session/**")
    expect(page.get_by_role("heading", name="Formas de pagamento e faturas")).to_be_visible()
    page.get_by_role("link", name="Voltar").click()
    page.wait_for_url("**/billing")
    expect(page.get_by_role("heading", name="Assinatura")).to_be_visible()


def test_the_dashboard_speaks_english_once_it_is_chosen(demo: RunningDemo, page: Page) -> None:
    log_in(page, demo.info["api_url"], demo.user(AURORA))
    assert page.evaluate("document.documentElement.lang") == "pt-BR"
    page.get_by_role("button", name="Sua conta").click()
    page.get_by_role("menuitem", name="English").click()
    expect(page.get_by_role("heading", name="Overview", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.lang").startswith("en")
    assert violations(page) == []
    page.reload()
    expect(page.get_by_role("heading", name="Overview", exact=True)).to_be_visible()
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("menuitem", name="Português (Brasil)").click()
    expect(page.get_by_role("heading", name="Visão geral", exact=True)).to_be_visible()
