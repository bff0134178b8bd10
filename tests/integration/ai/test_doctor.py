"""The doctor's look at AI backends, and their lists on the command line."""

import asyncio

import pytest
from typer.testing import CliRunner

from evosense.cli import app
from evosense.errors import ConfigurationError
from evosense.stack.ai_doctor import ai_backends, ai_embedder
from evosense.testing.ai import AiStandIn, Fault


@pytest.fixture
async def standin(monkeypatch, database_url):
    async with AiStandIn() as running:
        monkeypatch.setenv("DATABASE_URL", database_url)
        monkeypatch.setenv("AI_PROVIDER", "ollama")
        monkeypatch.setenv("AI_BASE_URL", running.url)
        monkeypatch.setenv("AI_MODEL", "qwen-test")
        yield running


async def test_a_backend_that_is_well(standin, monkeypatch):
    assert "ollama: qwen-test" in await asyncio.to_thread(ai_backends)
    assert "follows the schema" in await asyncio.to_thread(ai_backends)
    monkeypatch.setenv("AI_EMBED_PROVIDER", "ollama")
    monkeypatch.setenv("AI_EMBED_MODEL", "gemma-test")
    assert "768 dimensions" in await asyncio.to_thread(ai_embedder)
    standin.models.dimensions = 384
    with pytest.raises(ConfigurationError, match="768 are stored"):
        await asyncio.to_thread(ai_embedder)


@pytest.mark.parametrize("provider", ["openai", "n8n", "mcp"])
async def test_the_other_doors_are_looked_at_too(standin, monkeypatch, provider):
    url = {"n8n": standin.webhook, "mcp": await standin.open_mcp() if provider == "mcp" else ""}.get(
        provider, standin.url
    )
    monkeypatch.setenv("AI_PROVIDER", provider)
    monkeypatch.setenv("N8N_AI_WEBHOOK" if provider == "n8n" else "AI_BASE_URL", url)
    assert "follows the schema" in await asyncio.to_thread(ai_backends)
    standin.script.faults.append(Fault("status", status=503) if provider == "mcp" else Fault("invalid_json"))
    with pytest.raises(ConfigurationError, match=provider):
        await asyncio.to_thread(ai_backends)


@pytest.mark.parametrize(
    ("fault", "advice"),
    [
        (Fault(status=401), "refuses the key"),
        (Fault("invalid_json"), "does not follow the schema"),
        (Fault("cut"), "nothing answers"),
    ],
)
async def test_what_to_do_about_one_that_is_not(standin, fault, advice):
    standin.script.faults.append(fault)
    with pytest.raises(ConfigurationError, match=advice):
        await asyncio.to_thread(ai_backends)


async def test_a_model_that_is_not_pulled(standin, monkeypatch):
    monkeypatch.setenv("AI_MODEL", "absent")
    with pytest.raises(ConfigurationError, match="not pulled"):
        await asyncio.to_thread(ai_backends)


async def test_lists_on_the_command_line(standin, tenant_id):
    async def run(*arguments: str):
        return await asyncio.to_thread(CliRunner().invoke, app, ["ai", *arguments])

    url = standin.url
    for arguments in (
        ("add", "mine", "--provider", "ollama", "--url", url, "--model", "qwen-test", "--tenant", str(tenant_id)),
        ("add", "spare", "--provider", "embedded", "--tenant", str(tenant_id)),
    ):
        added = await run(*arguments)
        assert added.exit_code == 0, (added.output, added.exception)
    listed = (await run("list")).output
    assert listed.index("1. mine: ollama qwen-test") < listed.index("2. spare: embedded")
    wrong = await run("add", "x", "--provider", "openai", "--url", url)
    assert "needs the name of a model" in str(wrong.exception)
    secret = await run("add", "x", "--provider", "n8n", "--url", "https://me:s3cret@n8n.example/webhook/x")
    assert "put it into AI_SECRETS" in str(secret.exception)
    assert "s3cret" not in str(secret.exception) + (await run("list")).output
    assert (await run("remove", "spare", "--tenant", str(tenant_id))).exit_code == 0
    assert "spare" not in (await run("list")).output
    assert (await run("failures")).exit_code == 0
    assert "0 tasks" in (await run("replay")).output
