"""`make screenshots`: every page of the dashboard, light and dark, desktop and phone, into docs/screenshots.

The demo runs with its real processes and forty days of conversations; pictures are of what a person sees.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

from playwright.sync_api import Browser, Page

from tests import dashboard_story as story
from tests.chromium import Form, Scheme, chromium, log_in, person, scoring, why_not
from tests.running_demo import RunningDemo, running_demo

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "screenshots"
PAGES = {
    "overview": "/?periodo=14",
    "messages": "/mensagens?quem=in&humor=negative",
    "conversations": "/conversas",
    "search": "/busca?q=entrega+atrasada",
    "themes": "/temas",
    "retention": "/retencao",
    "connections": "/conexoes",
    "experiments": "/experimentos",
    "prompts": "/experimentos/prompts",
    "shadows": "/experimentos/sombras",
    "labels": "/rotular",
    "billing": "/billing",
    "settings": "/configuracoes",
    "hours": "/configuracoes/horario",
    "alerts": "/configuracoes/alertas",
    "people": "/configuracoes/pessoas",
    "exports": "/configuracoes/exportacoes",
    "privacy": "/configuracoes/privacidade",
    "keys": "/configuracoes/chaves",
    "audit": "/configuracoes/auditoria",
}
# Before anybody has logged in.
OUTSIDE = {"login": "/entrar", "reset": "/reset-password", "invitation": "/invitation?token=vencido"}

_NOTHING_LOADS = """() => [...document.querySelectorAll(
        "[data-slot=skeleton], [role=status][aria-label^=Carregando], [role=status][aria-label^=Loading]")]
    .every(each => each.getBoundingClientRect().top > innerHeight)"""


def main() -> None:
    """Start, look, stop. Exit status 1, with the reason, where no browser can run."""
    reason = why_not()
    if reason:
        sys.exit(reason)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="evosense-screenshots-") as folder:
        options = ("--no-dagster", "--rate", "0.5", "--history-days", "40")
        with running_demo(Path(folder), *options) as demo, scoring(demo):
            demo.wait_for("select count(*) from app.message_score", at_least=1000)
            demo.wait_for("select (count(*) < 5)::int from app.ai_task where kind = 'score'")
            pages = PAGES | _tell(demo)
            _take_all(demo, pages)


def _tell(demo: RunningDemo) -> dict[str, str]:
    """Let something happen that the pages of experiments can show; the addresses that it made."""
    user = demo.user("loja-aurora")
    client = demo.login(user)
    version = story.register(client)
    run = story.replay(client, version)
    report = run["report_hashes"][0]
    story.shadow(demo, client, version)
    asyncio.run(story.want_labels(demo.info["database_url"], user["tenant_id"], report))
    story.themes(demo, user["tenant_id"])
    story.gap(demo, user["tenant_id"])
    story.rules(client, user["tenant_id"])
    week = datetime.now(UTC).date() - timedelta(days=6)
    conversation = client.get("/api/conversations?limit=1&trajectory=worsening").json()["items"][0]
    return {
        "replay": f"/experimentos/{run['id']}",
        "report": f"/experimentos/relatorios/{report}",
        "conversation-detail": f"/atendimentos/{conversation['conversation_id']}",
        "explain": f"/explicar?metrica=first_response_p50_ms&de={week}&ate={week + timedelta(days=6)}",
        "contacts": f"/retencao/contatos?inicio={week - timedelta(days=7)}&fase=returning",
    }


def _take_all(demo: RunningDemo, pages: dict[str, str]) -> None:
    with chromium() as browser:
        for scheme in get_args(Scheme):
            for form in get_args(Form):
                context = person(browser, form=form, scheme=scheme)
                page = context.new_page()
                for name, path in OUTSIDE.items():
                    page.goto(demo.info["api_url"] + path)
                    page.get_by_role("heading", level=1).wait_for()
                    _take(page, f"{name}-{scheme}-{form}")
                log_in(page, demo.info["api_url"], demo.user("loja-aurora"))
                for name, path in pages.items():
                    page.goto(demo.info["api_url"] + path)
                    page.get_by_role("heading", level=1).wait_for()
                    _take(page, f"{name}-{scheme}-{form}")
                page.goto(demo.info["api_url"] + PAGES["messages"])
                # Not the first: what tells of new messages hangs over it.
                page.get_by_role("feed").get_by_role("link").nth(4).click()
                page.get_by_role("heading", name="Conversa", exact=True).wait_for()
                _take(page, f"conversation-{scheme}-{form}")
                context.close()
        _take_english(browser, demo)


def _take_english(browser: Browser, demo: RunningDemo) -> None:
    """The overview for who has chosen English."""
    context = person(browser)
    page = context.new_page()
    log_in(page, demo.info["api_url"], demo.user("loja-aurora"))
    page.get_by_role("button", name="Sua conta").click()
    page.get_by_role("menuitem", name="English").click()
    page.get_by_role("heading", name="Overview", exact=True).wait_for()
    _take(page, "english-light-desktop")
    context.close()


def _take(page: Page, name: str) -> None:
    # Live requests go on for ever, so what is awaited is that nothing in sight says "loading" and the fonts are there.
    page.wait_for_function(_NOTHING_LOADS, timeout=20_000)
    page.evaluate("document.fonts.ready")
    # What has come may ask for more.
    page.wait_for_timeout(500)
    page.wait_for_function(_NOTHING_LOADS, timeout=20_000)
    page.screenshot(path=str(FOLDER / f"{name}.png"))


if __name__ == "__main__":
    main()
