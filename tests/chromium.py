"""Debian's Chromium, driven by Playwright, as a person in Brazil has it: for e2e tests, pictures and benchmarks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from serving.dashboard_build import CanNotBuildError, build
from serving.spa import DASHBOARD
from tests.running_demo import RunningDemo

CHROMIUM = Path("/usr/bin/chromium")
AXE = DASHBOARD.parent / "node_modules" / "axe-core" / "axe.min.js"
_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
_SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
Form = Literal["desktop", "phone"]
Scheme = Literal["light", "dark"]


def why_not() -> str | None:
    """Why no browser test can run here, or None."""
    if not CHROMIUM.exists():
        return "there is no /usr/bin/chromium (Debian: apt-get install chromium)"
    try:
        build(patiently=False)
    except CanNotBuildError as reason:
        return f"the dashboard can't be built: {reason}"
    return None


@dataclass
class Complaints:
    """What the browser found wrong: errors of scripts, refused content, failed requests, console errors."""

    all: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Listen to `page`."""
        page.on("pageerror", lambda error: self.all.append(f"error: {error}"))
        page.on("console", self._console)
        page.on("requestfailed", self._failed)

    def _console(self, message: ConsoleMessage) -> None:
        # 401 at the log-in is an answer; the browser calls it an error.
        if message.type == "error" and "status of 401" not in message.text:
            self.all.append(f"console: {message.text}")

    def _failed(self, request: Request) -> None:
        # What a page no longer needs is aborted when one leaves it.
        if "ERR_ABORTED" not in (request.failure or ""):
            self.all.append(f"request: {request.url} {request.failure}")


@contextmanager
def chromium() -> Generator[Browser]:
    """A running browser. Synchronous: no event loop may be running in this thread meanwhile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=_ARGUMENTS)
        yield browser
        browser.close()


def person(browser: Browser, *, form: Form = "desktop", scheme: Scheme = "light") -> BrowserContext:
    """A browser of one person, without anything of others."""
    width, height = _SIZES[form]
    return browser.new_context(
        viewport={"width": width, "height": height},
        locale="pt-BR",
        timezone_id="America/Sao_Paulo",
        color_scheme=scheme,
        reduced_motion="reduce",
        has_touch=form == "phone",
        is_mobile=form == "phone",
    )


def log_in(page: Page, url: str, user: dict[str, str]) -> None:
    """Log in through the page; ends on the overview with its figures."""
    page.goto(f"{url}/entrar")
    page.get_by_label("E-mail").fill(user["email"])
    page.get_by_label("Senha", exact=True).fill(user["password"])
    page.get_by_role("button", name="Entrar").click()
    page.get_by_role("heading", name="Visão geral").wait_for()


def violations(page: Page) -> list[dict[str, Any]]:
    """What axe-core finds against WCAG 2.2 AA on the page as it is, serious and critical ones."""
    page.evaluate(f"{AXE.read_text(encoding='utf-8')};0")
    result = page.evaluate("rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", _RULES)
    return [
        {"rule": each["id"], "impact": each["impact"], "nodes": [node["html"][:160] for node in each["nodes"][:5]]}
        for each in result["violations"]
        if each["impact"] in ("serious", "critical")
    ]


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def to_the_end(page: Page) -> None:
    """Scroll down, so that what is only asked for when somebody comes near it is there, and back to the top."""
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_load_state("networkidle")
    page.evaluate("scrollTo(0, 0)")


@contextmanager
def scoring(demo: RunningDemo) -> Generator[None]:
    """The drain and the replays beside a demo without Dagster, ready in a second; prompts make a difference to it."""
    environment = {
        **os.environ,
        "DATABASE_URL": demo.info["database_url"],
        "DATABASE_DIRECT_URL": demo.info["database_url"],
        "DATA_DIR": str(demo.folder / "data"),
        "SECRET_KEY": (demo.folder / "data" / "secret_key").read_text().strip(),
    }
    with (demo.folder / "score.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.prompt_reading_drain"], env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)
