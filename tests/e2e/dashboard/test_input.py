"""What somebody types in a real browser is taken as it is meant, and is not lost."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.chromium import log_in, violations
from tests.running_demo import RunningDemo

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("dashboard")]
AURORA = "loja-aurora"


@pytest.mark.parametrize("path", ["/mensagens", "/conversas", "/busca?q=entrega"])
def test_a_day_is_typed(demo: RunningDemo, page: Page, path: str) -> None:
    log_in(page, demo.info["api_url"], demo.user(AURORA))
    page.goto(demo.info["api_url"] + path)
    page.get_by_label("De", exact=True).focus()
    # The same in whatever order this browser has day and month.
    for key in "11112026":
        page.keyboard.press(key)
    expect(page).to_have_url(re.compile("de=2026-11-11"))
    expect(page.get_by_label("De", exact=True)).to_have_value("2026-11-11")


def test_whoever_is_logged_out_while_writing_goes_on_where_they_were(demo: RunningDemo, page: Page) -> None:
    user = demo.user(AURORA)
    log_in(page, demo.info["api_url"], user)
    page.goto(f"{demo.info['api_url']}/experimentos/prompts")
    page.get_by_role("button", name="Registrar versão").click()
    words = page.get_by_label("Instruções ao modelo (system)")
    words.fill("Texto de meia hora: {text}")
    # As after thirty days, or when somebody ended the session elsewhere: neither token is taken any more.
    page.context.clear_cookies()
    page.route("**/api/prompts", lambda route: route.fulfill(status=401, json={}), times=1)
    page.get_by_role("dialog").get_by_role("button", name="Registrar versão").click()
    again = page.get_by_role("dialog", name="Sua sessão terminou")
    expect(again.get_by_label("Senha", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert violations(page) == []
    again.get_by_label("Senha", exact=True).fill(user["password"])
    again.get_by_role("button", name="Entrar", exact=True).click()
    expect(again).not_to_be_visible()
    expect(words).to_have_value("Texto de meia hora: {text}")
    assert page.url.endswith("/experimentos/prompts")


def test_what_was_written_in_a_dialog_outlives_escape(demo: RunningDemo, page: Page) -> None:
    log_in(page, demo.info["api_url"], demo.user(AURORA))
    page.goto(f"{demo.info['api_url']}/experimentos/prompts")
    page.get_by_role("button", name="Registrar versão").click()
    words = page.get_by_label("Instruções ao modelo (system)")
    words.fill("Texto de meia hora: {text}")
    # Browsers let a dialog refuse to close only once; people press it again.
    for _ in range(5):
        page.keyboard.press("Escape")
    expect(page.get_by_text("Descartar o que foi escrito?")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Continuar escrevendo").click()
    expect(words).to_have_value("Texto de meia hora: {text}")
    expect(words).to_be_focused()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Descartar", exact=True).click()
    expect(words).to_be_hidden()
