"""The dashboard in a real browser against the real stack: numbers move, search, isolation, recovery."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.chromium import Complaints, Form, Scheme, log_in, overflow, person, to_the_end, violations
from tests.running_demo import RunningDemo

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("dashboard")]
AURORA, SORRISO = "loja-aurora", "clinica-sorriso"
PAGES = (
    "/", "/mensagens", "/conversas", "/busca?q=pedido", "/busca?q=pedido&modo=semelhanca", "/temas", "/retencao",
    "/conexoes", "/experimentos", "/experimentos/prompts", "/experimentos/sombras", "/rotular", "/billing",
    "/configuracoes", "/configuracoes/horario", "/configuracoes/alertas", "/configuracoes/pessoas",
    "/configuracoes/exportacoes", "/configuracoes/privacidade", "/configuracoes/chaves", "/configuracoes/auditoria",
    "/explicar?metrica=first_response_p50_ms",
)  # fmt: skip


def say(demo: RunningDemo, instance: str, text: str, chat: str = "5511998877665@s.whatsapp.net") -> None:
    """A customer writes to the company's WhatsApp number, at the stand-in Evolution server."""
    message: dict[str, Any] = {"chat": chat, "text": text, "push_name": "Cliente"}
    demo.control("emit", {"instance": instance, "messages": [message]})


def figure(page: Page, kpi: str) -> str:
    return page.locator(f"[data-kpi='{kpi}'] a span").first.inner_text()


def number(text: str) -> int:
    return int(text.replace(".", ""))


def test_numbers_move_without_a_reload_and_lead_to_the_conversation(demo: RunningDemo, page: Page) -> None:
    log_in(page, demo.info["api_url"], demo.user(AURORA))
    expect(page.locator("[data-live='live']")).to_be_visible()
    expect(page.locator("[data-kpi='volume']")).to_be_visible()
    before = number(figure(page, "volume"))
    page.evaluate("window.stillHere = true")

    text = "Que atendimento péssimo, a encomenda não chegou e ninguém responde"
    say(demo, AURORA, text)
    line = page.locator("[data-feed] article").filter(has_text=text)
    expect(line).to_contain_text("Negativo")
    expect(page.locator("[data-kpi='volume'] a span").first).to_have_text(re.compile(rf"^{before + 1}$"))
    assert page.evaluate("window.stillHere") is True

    line.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Conversa", exact=True)).to_be_visible()
    expect(page.locator("li").filter(has_text=text)).to_be_visible()
    answer = "Já achei o pacote, obrigada, vocês são ótimos!"
    say(demo, AURORA, answer)
    expect(page.locator("li").filter(has_text=answer)).to_contain_text("Positivo")


def test_where_sockets_do_not_get_through_it_asks_instead(demo: RunningDemo, page: Page) -> None:
    page.route_web_socket("**/ws/**", lambda socket: socket.close(code=1011))
    log_in(page, demo.info["api_url"], demo.user(AURORA))
    expect(page.locator("[data-live='polling']")).to_have_text("Ao vivo (consultas)", timeout=60_000)
    before = number(figure(page, "volume"))
    say(demo, AURORA, "Mensagem por onde não passa soquete")
    expect(page.locator("[data-kpi='volume'] a span").first).to_have_text(re.compile(rf"^{before + 1}$"))


def test_search_ignores_accents_and_marks_what_it_found(demo: RunningDemo, page: Page) -> None:
    say(demo, AURORA, "A devolução do meu relógio está difícil")
    log_in(page, demo.info["api_url"], demo.user(AURORA))
    page.keyboard.press("/")
    page.get_by_role("searchbox").fill("devolucao relogio dificil")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Resultados").locator("mark").first).to_have_text("devolução")
    page.get_by_role("radio", name="Semelhança", exact=True).click()
    hit = page.get_by_role("region", name="Resultados").locator("article").first
    expect(hit).to_contain_text("relógio")
    expect(hit).to_contain_text("relevância")


def test_another_company_sees_nothing_of_it(demo: RunningDemo, page: Page, browser: Browser) -> None:
    secret = "O código do cofre é jabuticaba"
    say(demo, SORRISO, secret, chat="5521997766554@s.whatsapp.net")
    demo.wait_for("select count(*) from app.message_body where text like '%jabuticaba%'")
    other = person(browser)
    there = other.new_page()
    log_in(there, demo.info["api_url"], demo.user(SORRISO))
    there.goto(f"{demo.info['api_url']}/busca?q=jabuticaba&modo=palavras")
    there.get_by_role("region", name="Resultados").locator("article a").first.click()
    there.wait_for_url("**/conversas/**")
    chat = there.url

    log_in(page, demo.info["api_url"], demo.user(AURORA))
    page.goto(f"{demo.info['api_url']}/busca?q=jabuticaba&modo=palavras")
    expect(page.get_by_text("Nada encontrado")).to_be_visible()
    page.goto(chat)
    expect(page.get_by_text("Não há mensagens nesta conversa")).to_be_visible()
    assert "jabuticaba" not in page.content()
    other.close()


def kill_api(demo: RunningDemo) -> None:
    """The supervisor starts it anew."""
    next(process for process in demo.processes() if process.cmdline()[-1:] == ["serving"]).kill()


def test_a_restarted_server_is_found_again(demo: RunningDemo, page: Page, complaints: Complaints) -> None:
    log_in(page, demo.info["api_url"], demo.user(AURORA))
    expect(page.locator("[data-live='live']")).to_be_visible()
    kill_api(demo)
    expect(page.locator("[data-live='lost']")).to_be_visible()
    say(demo, AURORA, "Escrevi enquanto o painel estava fora")
    expect(page.locator("[data-live='live']")).to_be_visible(timeout=60_000)
    expect(page.locator("[data-feed]")).to_contain_text("Escrevi enquanto o painel estava fora")
    # The browser notes what did not get through meanwhile.
    complaints.all = [each for each in complaints.all if each.startswith("error:")]


def test_a_page_whose_program_did_not_come_waits_for_the_server(
    demo: RunningDemo, page: Page, complaints: Complaints
) -> None:
    log_in(page, demo.info["api_url"], demo.user(AURORA))
    expect(page.locator("[data-live='live']")).to_be_visible()
    kill_api(demo)
    expect(page.locator("[data-live='lost']")).to_be_visible()
    page.get_by_role("link", name="Retenção").click()
    expect(page.get_by_role("main").get_by_text("Sem conexão com o servidor")).to_be_visible()
    expect(page.get_by_role("heading", name="Retenção", exact=True)).to_be_visible(timeout=60_000)
    expect(page.locator("[data-live='live']")).to_be_visible()
    # What the network said; of a part that did not come React knows nothing.
    complaints.all = [each for each in complaints.all if each.startswith("error:") or "imported module" in each]


def test_a_part_that_is_gone_is_said_so_after_one_reload(demo: RunningDemo, page: Page, complaints: Complaints) -> None:
    page.route("**/assets/retention-page-*.js", lambda route: route.fulfill(status=404))
    log_in(page, demo.info["api_url"], demo.user(AURORA))
    page.get_by_role("link", name="Retenção").click()
    expect(page.get_by_role("alert")).to_contain_text("Há uma versão nova do painel")
    page.unroute_all()
    page.get_by_role("button", name="Recarregar").click()
    expect(page.get_by_role("heading", name="Retenção", exact=True)).to_be_visible()
    complaints.all = [each for each in complaints.all if each.startswith("error:")]


def test_a_card_that_is_gone_is_said_so_too(demo: RunningDemo, page: Page, complaints: Complaints) -> None:
    log_in(page, demo.info["api_url"], demo.user(AURORA))
    page.route("**/assets/daily-charts-*.js", lambda route: route.fulfill(status=404))
    page.goto(demo.info["api_url"])
    expect(page.get_by_role("alert")).to_contain_text("Há uma versão nova do painel")
    complaints.all = [each for each in complaints.all if each.startswith("error:")]


def test_it_remembers_who_is_logged_in_and_forgets_on_demand(demo: RunningDemo, page: Page) -> None:
    page.goto(f"{demo.info['api_url']}/mensagens?quem=in")
    expect(page.get_by_role("button", name="Entrar")).to_be_visible()
    user = demo.user(AURORA)
    page.get_by_label("E-mail").fill(user["email"])
    page.get_by_label("Senha", exact=True).fill("errada")
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_role("alert")).to_have_text("E-mail ou senha incorretos.")
    page.get_by_label("Senha", exact=True).fill(user["password"])
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_role("heading", name="Mensagens", exact=True)).to_be_visible()
    assert "quem=in" in page.url
    page.reload()
    expect(page.get_by_role("heading", name="Mensagens", exact=True)).to_be_visible()
    page.get_by_role("button", name="Sua conta").click()
    page.get_by_role("menuitem", name="Sair").click()
    expect(page.get_by_role("button", name="Entrar")).to_be_visible()
    page.goto(f"{demo.info['api_url']}/mensagens")
    expect(page.get_by_role("button", name="Entrar")).to_be_visible()


@pytest.mark.parametrize(("form", "scheme"), [("desktop", "light"), ("phone", "dark")])
def test_every_page_is_accessible_and_fits(demo: RunningDemo, browser: Browser, form: Form, scheme: Scheme) -> None:
    context = person(browser, form=form, scheme=scheme)
    page = context.new_page()
    page.goto(f"{demo.info['api_url']}/entrar")
    page.get_by_label("E-mail").wait_for()
    found = {"/entrar": violations(page)}
    log_in(page, demo.info["api_url"], demo.user(AURORA))
    for path in PAGES:
        page.goto(demo.info["api_url"] + path)
        page.get_by_role("heading", level=1).wait_for()
        page.wait_for_load_state("networkidle")
        to_the_end(page)
        found[path] = violations(page)
        assert overflow(page) <= 0, path
    page.goto(f"{demo.info['api_url']}/mensagens")
    page.get_by_role("feed").get_by_role("link").first.click()
    page.get_by_role("heading", name="Conversa", exact=True).wait_for()
    page.wait_for_load_state("networkidle")
    found["/conversas"] = violations(page)
    assert overflow(page) <= 0
    context.close()
    assert {path: each for path, each in found.items() if each} == {}


def test_at_twice_the_size_nothing_is_cut_and_the_open_tab_is_in_view(demo: RunningDemo, browser: Browser) -> None:
    """200 % zoom of a window of 1280 by 800 (WCAG 1.4.4)."""
    context = browser.new_context(
        viewport={"width": 640, "height": 400}, device_scale_factor=2, locale="pt-BR", timezone_id="America/Sao_Paulo"
    )
    page = context.new_page()
    log_in(page, demo.info["api_url"], demo.user(AURORA))
    for path in PAGES:
        page.goto(f"{demo.info['api_url']}{path}")
        page.wait_for_load_state("networkidle")
        assert (path, overflow(page)) == (path, 0)
        tab = page.locator("main nav [aria-current]")
        if tab.count():
            expect(tab).to_be_in_viewport(ratio=0.99)
    context.close()


def test_what_comes_late_moves_nothing(demo: RunningDemo, page: Page) -> None:
    log_in(page, demo.info["api_url"], demo.user(AURORA))
    page.locator("[data-kpi='volume'] a").wait_for()
    held: list[Route] = []
    page.route(re.compile(r"/series\?.*grain=day"), lambda route: held.append(route))
    page.goto(f"{demo.info['api_url']}/")
    volume = page.locator("[data-kpi='volume']")
    volume.get_by_role("link").wait_for()
    early = volume.bounding_box()
    held[0].continue_()
    page.get_by_role("region", name="Ontem em dez segundos").wait_for()
    late = volume.bounding_box()
    assert early is not None
    assert late is not None
    assert abs(late["y"] - early["y"]) < 40
