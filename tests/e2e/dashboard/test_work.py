"""What administrators do in a real browser: connect a number, improve a prompt, invite somebody, judge messages."""

from __future__ import annotations

import asyncio
import re
import threading
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from evosense.testing.scripted_scorer import marker_of
from tests.chromium import log_in, person, violations
from tests.dashboard_story import BETTER, want_labels
from tests.running_demo import RunningDemo

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("dashboard")]
AURORA, SORRISO = "loja-aurora", "clinica-sorriso"


def test_a_connection_is_added_and_its_messages_arrive(demo: RunningDemo, page: Page) -> None:
    demo.control("instances", {"name": "loja-aurora-norte", "token": "token-norte"})
    log_in(page, demo.info["api_url"], demo.user(AURORA))
    page.goto(f"{demo.info['api_url']}/conexoes")
    page.get_by_role("button", name="Nova conexão").click()
    form = page.get_by_role("dialog", name="Nova conexão")
    form.get_by_label("Nome").fill("Loja Norte")
    form.get_by_label("Servidor Evolution").fill(demo.info["evolution_url"])
    form.get_by_label("Instância", exact=True).fill("loja-aurora-norte")
    form.get_by_label("Token da instância").fill("token-norte")
    form.get_by_role("button", name="Nova conexão").click()
    card = page.get_by_role("region", name="Loja Norte")
    expect(card.locator("[data-state='live']")).to_be_visible(timeout=60_000)
    card.get_by_role("button", name="Testar").click()
    expect(card.locator("[data-test-result='true']")).to_be_visible()

    words = "Primeira mensagem da loja norte, adorei o atendimento"
    message = {"chat": "5511912345678@s.whatsapp.net", "text": words, "push_name": "Cliente"}
    demo.control("emit", {"instance": "loja-aurora-norte", "messages": [message]})
    page.goto(demo.info["api_url"])
    expect(page.locator("[data-feed]")).to_contain_text(words)


def test_from_a_prompt_to_its_promotion(demo: RunningDemo, page: Page) -> None:
    log_in(page, demo.info["api_url"], demo.user(AURORA))
    page.goto(f"{demo.info['api_url']}/experimentos/prompts")
    page.get_by_role("button", name="Registrar versão").click()
    form = page.get_by_role("dialog", name="Registrar versão")
    system = form.get_by_label("Instruções ao modelo (system)")
    system.fill(f"{system.input_value()}\nIronia conta como negativa. {marker_of(BETTER)}")
    form.get_by_role("button", name="Registrar versão").click()
    expect(form).to_be_hidden()
    expect(page.locator("[data-diff]")).to_contain_text("+Ironia conta como negativa.")

    page.get_by_role("link", name="Comparações").click()
    page.get_by_role("button", name="Nova comparação").first.click()
    form = page.get_by_role("dialog", name="Nova comparação")
    expect(form.get_by_role("region", name="Antes de começar")).to_contain_text("Custo estimado")
    form.get_by_role("button", name="Comparar").click()
    page.wait_for_url(re.compile(r"/experimentos/[0-9a-f-]{36}$"))
    line = page.get_by_role("link", name="Relatório:")
    expect(line).to_be_visible(timeout=60_000)
    line.click()

    expect(page.locator("[data-verdict='better']")).to_contain_text("A versão nova é melhor em sentimento.")
    expect(page.get_by_role("region", name="Lado a lado: onde mais caiu").locator("tbody tr").first).to_be_visible()
    page.get_by_role("button", name="Promover").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Motivo").fill("Percebe a ironia")
    dialog.get_by_role("button", name="Promover").click()
    expect(page.get_by_text("Versão promovida: é ela que vale agora.")).to_be_visible()
    page.goto(f"{demo.info['api_url']}/experimentos/prompts")
    expect(page.get_by_role("region", name="Histórico")).to_contain_text("Percebe a ironia")
    page.get_by_role("button", name="Voltar à anterior").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Motivo").fill("Só um teste")
    dialog.get_by_role("button", name="Voltar à anterior").click()
    expect(page.get_by_role("region", name="Histórico")).to_contain_text("Só um teste")


def test_another_company_sees_neither_connection_nor_experiment(demo: RunningDemo, page: Page) -> None:
    own = demo.login(demo.user(AURORA))
    runs = own.get("/api/experiments").json()
    reports = [each for run in runs for each in run["report_hashes"]]
    assert reports, "the test before this one made a report"
    log_in(page, demo.info["api_url"], demo.user(SORRISO))
    page.goto(f"{demo.info['api_url']}/conexoes")
    expect(page.get_by_role("region", name="Clínica Sorriso")).to_be_visible()
    expect(page.get_by_text("Loja Norte")).to_be_hidden()
    page.goto(f"{demo.info['api_url']}/experimentos")
    expect(page.get_by_text("Nenhuma comparação ainda")).to_be_visible()
    page.goto(f"{demo.info['api_url']}/experimentos/prompts")
    expect(page.get_by_role("region", name="Versões").first).to_be_visible()
    expect(page.get_by_text("Ironia conta como negativa")).to_be_hidden()
    expect(page.get_by_role("button", name="Ver texto")).to_have_count(1)


def test_messages_are_judged_by_keyboard(demo: RunningDemo, page: Page) -> None:
    user = demo.user(AURORA)
    own = demo.login(user)
    report = next(each for run in own.get("/api/experiments").json() for each in run["report_hashes"])
    _apart(want_labels(demo.info["database_url"], user["tenant_id"], report))
    log_in(page, demo.info["api_url"], user)
    page.goto(f"{demo.info['api_url']}/rotular")
    words = page.locator("[data-to-label]")
    expect(words).to_be_visible()
    first = words.inner_text()
    page.keyboard.press("2")
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 rotuladas nesta sessão")).to_be_visible()
    assert words.inner_text() != first
    with demo.database() as connection:
        row = connection.execute("select sentiment::float8, emotion from app.human_label").fetchone()
    assert row == (-0.5, "raiva")


def test_somebody_who_is_invited_gets_in_with_their_role(demo: RunningDemo, page: Page, browser: Browser) -> None:
    log_in(page, demo.info["api_url"], demo.user(AURORA))
    page.goto(f"{demo.info['api_url']}/configuracoes/pessoas")
    page.get_by_role("button", name="Convidar pessoa").click()
    form = page.get_by_role("dialog", name="Convidar pessoa")
    form.get_by_label("E-mail").fill("nova@loja-aurora.example")
    form.get_by_label("Perfil").select_option("operator")
    form.get_by_role("button", name="Convidar pessoa").click()
    address = page.get_by_role("textbox", name="Endereço do convite").input_value()

    theirs = person(browser)
    there = theirs.new_page()
    there.goto(re.sub(r"^https?://[^/]+", demo.info["api_url"], address))
    there.get_by_label("Seu nome").fill("Nina Nova")
    there.get_by_label("Senha").fill("uma frase bem comprida")
    there.get_by_role("button", name="Criar acesso").click()
    expect(there.get_by_role("heading", name="Visão geral")).to_be_visible()
    expect(there.get_by_role("link", name="Assinatura")).to_have_count(0)
    there.goto(f"{demo.info['api_url']}/configuracoes/pessoas")
    expect(there.get_by_text("Seu perfil não permite ver esta página").first).to_be_visible()
    theirs.close()


def test_a_rule_that_yesterday_broke_is_told_until_somebody_knows(demo: RunningDemo, page: Page) -> None:
    user = demo.user(AURORA)
    log_in(page, demo.info["api_url"], user)
    page.goto(f"{demo.info['api_url']}/configuracoes/alertas")
    expect(page.get_by_text("Nenhuma regra ainda")).to_be_visible()
    page.get_by_label("Indicador").select_option(label="Mensagens recebidas")
    page.get_by_label("Valor (quantidade)").fill("1")
    page.get_by_role("button", name="Criar regra").click()
    expect(page.get_by_role("row", name="Mensagens recebidas fica acima de 1")).to_be_visible()

    page.get_by_role("link", name="Visão geral").click()
    alert = page.get_by_role("list", name="Fora do comum").get_by_role("listitem").filter(has_text="limite de 1")
    alert.get_by_role("button", name="Estou ciente").wait_for()
    assert violations(page) == []
    alert.get_by_role("button", name="Estou ciente").click()
    expect(alert.get_by_text("está ciente desde")).to_be_visible()
    page.reload()
    expect(alert.get_by_text("está ciente desde")).to_be_visible()
    alert.get_by_role("link", name="Mensagens recebidas").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page).to_have_url(re.compile("explicar.*metrica=messages_in"))


def _apart(work: Any) -> None:
    """Run a coroutine in a thread of its own: the browser's driver holds this one's event loop."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work)
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert not failed, failed
