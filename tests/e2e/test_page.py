"""The page in a real browser: a wrong password, a log-in, numbers that move, a search without accents."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.running_demo import RunningDemo, running_demo

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium: apt-get install chromium"),
]


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {"executable_path": str(CHROMIUM), "args": list(ARGUMENTS)}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    return {"locale": "pt-BR", "timezone_id": "America/Sao_Paulo", "reduced_motion": "reduce"}


@pytest.fixture(scope="module")
def demo() -> Iterator[RunningDemo]:
    folder = Path(tempfile.mkdtemp(prefix="evosense-page-"))
    with running_demo(folder, "--history-days", "3", "--rate", "4") as running:
        running.wait_for("select count(*) from app.message_score", at_least=50)
        yield running
    shutil.rmtree(folder)


def log_in(page: Page, demo: RunningDemo, password: str | None = None) -> None:
    user = demo.user("loja-aurora")
    page.goto(demo.info["api_url"])
    page.get_by_label("E-mail").fill(user["email"])
    page.get_by_label("Senha").fill(password or user["password"])
    page.get_by_role("button", name="Entrar").click()


def test_a_wrong_password_says_so(page: Page, demo: RunningDemo) -> None:
    log_in(page, demo, password="errada-de-propósito")
    expect(page.locator("#login-error")).to_be_visible()


def test_numbers_move_and_search_finds_without_accents(page: Page, demo: RunningDemo) -> None:
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    log_in(page, demo)
    expect(page.locator("#state")).to_have_text("ao vivo")
    today = page.locator("#cards > *").filter(has_text="Mensagens hoje")
    before = today.inner_text()
    expect(today).not_to_have_text(before, timeout=60_000)
    page.get_by_role("searchbox").fill("voces")
    page.get_by_role("button", name="Buscar").click()
    expect(page.locator("#results").get_by_text("vocês").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert problems == []
