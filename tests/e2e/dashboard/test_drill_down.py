"""From a figure of the dashboard to what is behind it, in a real browser: as many as it counts."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests import dashboard_story as story
from tests.chromium import log_in, to_the_end
from tests.running_demo import RunningDemo

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("dashboard")]
AURORA = "loja-aurora"


def number(text: str) -> int:
    return int(text.replace(".", ""))


def test_a_figure_leads_to_its_messages_in_one_click(demo: RunningDemo, page: Page) -> None:
    log_in(page, demo.info["api_url"], demo.user(AURORA))
    page.locator("[data-kpi='net-sentiment']").get_by_role("link", name="negativas").click()
    expect(page.get_by_role("heading", name="Mensagens", exact=True)).to_be_visible()
    rows = page.get_by_role("feed").locator("article")
    expect(rows.first).to_be_visible()
    moods = rows.locator("[data-slot='badge']").all_inner_texts()
    assert moods
    assert all(mood.startswith("Negativo") for mood in moods)
    page.get_by_label("Sentimento").select_option("positive")
    expect(rows.first).to_contain_text("Positivo")
    assert "humor=positive" in page.url
    page.go_back()
    expect(page.get_by_role("heading", name="Visão geral", exact=True)).to_be_visible()


# Links of the overview, and where beside each stands how many messages or conversations it is about.
COUNTED = {
    "[data-kpi='volume'] a": "[data-kpi='volume'] a span",
    "[data-kpi='satisfaction'] a": "[data-kpi='satisfaction'] p:last-child",
    "[data-kpi='net-sentiment'] a": "[data-kpi='net-sentiment'] p:last-child",
    "[data-kpi='conversations'] a": "[data-kpi='conversations'] a span",
    "section[aria-label='Emoções'] li a": "section[aria-label='Emoções'] li > span",
    "section[aria-label='Ontem em dez segundos'] dl > div:nth-child(1) a":
        "section[aria-label='Ontem em dez segundos'] dl > div:nth-child(1) a",
    "section[aria-label='Ontem em dez segundos'] dl > div:nth-child(2) a":
        "section[aria-label='Ontem em dez segundos'] dl > div:nth-child(2) a",
}  # fmt: skip


def behind(api: httpx.Client, path: str) -> int:
    """How many the list that a page asked for holds, all its pages together."""
    found, following = 0, path
    while following:
        body = api.get(following).raise_for_status().json()
        found += len(body["items"])
        following = body["next_page"] and str(httpx.URL(path).copy_merge_params({"page": body["next_page"]}))
    return found


def test_the_list_behind_a_figure_holds_as_many_as_the_figure_counts(demo: RunningDemo, page: Page) -> None:
    user = demo.user(AURORA)
    log_in(page, demo.info["api_url"], user)
    api = demo.login(user)
    for link, stated in COUNTED.items():
        page.goto(f"{demo.info['api_url']}/?periodo=7")
        page.locator("[data-kpi='volume'] a").wait_for()
        to_the_end(page)
        first = page.locator(stated).first
        expect(first).to_have_text(re.compile(r"\d"))
        wanted = number(re.findall(r"(?:^|n = )(\d[\d.]*)", first.inner_text(), re.MULTILINE)[0])
        with page.expect_request(re.compile(r"/api/(messages|conversations)\?")) as asked:
            page.locator(link).first.click()
        address = asked.value.url.removeprefix(demo.info["api_url"])
        assert (link, behind(api, address)) == (link, wanted)
        if link.startswith("[data-kpi='volume']"):
            # The history holds what no figure counts, and what the list is filtered by can be taken away.
            page.get_by_role("button", name="Retirar o filtro Sem apagadas", exact=False).click()
            with page.expect_request(re.compile(r"/api/messages\?(?!.*chat_kind)")) as wider:
                page.get_by_label("Conversa", exact=True).select_option("")
            assert behind(api, wider.value.url.removeprefix(demo.info["api_url"])) > wanted


# Every figure of the overview, and how its page names the way to a conversation.
TWO_CLICKS = {
    "[data-kpi='satisfaction'] a": "article a",
    "[data-kpi='positive'] a": "article a",
    "[data-kpi='volume'] a": "article a",
    "[data-kpi='first-response'] a": "td a",
    "[data-kpi='turn-response'] a": "td a",
    "[data-kpi='conversations'] a": "tbody th a",
    "table td a": "td a",  # the heat-map
    "section[aria-label='Emoções'] li a": "article a",
    "section[aria-label='Quem está por trás'] tbody a": "tbody th a",
    "section[aria-label='Tempos de resposta'] tbody a": "td a",
}


def test_from_any_number_to_a_conversation_in_two_clicks(demo: RunningDemo, page: Page) -> None:
    log_in(page, demo.info["api_url"], demo.user(AURORA))
    for figure_, way in TWO_CLICKS.items():
        page.goto(f"{demo.info['api_url']}/?periodo=7")
        page.locator("[data-kpi='volume'] a").wait_for()
        to_the_end(page)
        page.locator(figure_).first.click()
        expect(page.get_by_role("heading", name="Visão geral", exact=True)).to_be_hidden()
        page.locator(f"main {way}").first.click()
        expect(page.get_by_role("heading", name=re.compile("^(Conversa|Atendimento)$"))).to_be_visible()
        expect(page.get_by_role("region", name="Mensagens da conversa").locator("li").first).to_be_visible()


def test_themes_lead_to_their_messages(demo: RunningDemo, page: Page) -> None:
    user = demo.user(AURORA)
    assert story.themes(demo, user["tenant_id"]) > 1
    log_in(page, demo.info["api_url"], user)
    page.keyboard.press("g")
    page.keyboard.press("t")
    expect(page.get_by_role("heading", name="Temas e causas")).to_be_visible()
    first = page.get_by_role("region", name="Todos os temas").locator("tbody tr").first
    words, count = first.locator("a").inner_text(), number(first.locator("td").first.inner_text())
    first.locator("a").click()
    expect(page.get_by_text(f"Tema: {words}")).to_be_visible()
    expect(page.get_by_role("feed").locator("article").first).to_be_visible()
    # As many messages as the theme counts, or the window is full of them.
    shown = page.get_by_role("feed").locator("article").count()
    assert shown == count or shown >= 8


def test_retention_leads_to_the_people_and_their_conversations(demo: RunningDemo, page: Page) -> None:
    log_in(page, demo.info["api_url"], demo.user(AURORA))
    page.goto(f"{demo.info['api_url']}/retencao?periodo=day")
    table = page.get_by_role("table").first
    expect(table).to_be_visible()
    link = table.get_by_role("link").first
    size = re.search(r"de (\d+) ", link.get_attribute("aria-label") or "")
    assert size, "a cell says how many it rests on"
    link.click()
    expect(page.get_by_role("heading", name="Clientes por trás do número")).to_be_visible()
    people = page.get_by_role("link", name=re.compile("^Ver conversas"))
    expect(people.first).to_be_visible()
    assert people.count() == int(size[1])
    people.first.click()
    expect(page.get_by_role("heading", name="Conversas", exact=True)).to_be_visible()
    page.locator("tbody th a").first.click()
    expect(page.get_by_role("heading", name="Atendimento")).to_be_visible()


def test_a_week_that_runs_does_not_look_finished(demo: RunningDemo, page: Page) -> None:
    log_in(page, demo.info["api_url"], demo.user(AURORA))
    page.goto(f"{demo.info['api_url']}/retencao")
    cycle = page.get_by_role("region", name="Ciclo de vida")
    expect(cycle.get_by_text("Tracejado: semana em curso")).to_be_visible()
    bars = cycle.locator(".recharts-bar-rectangle path")
    dashed = cycle.locator(".recharts-bar-rectangle path[stroke-dasharray]")
    expect(dashed.first).to_be_visible()
    assert dashed.count() < bars.count()
    cycle.get_by_text("Ver como tabela").click()
    expect(cycle.get_by_role("row").nth(1)).to_contain_text("(em curso)")
