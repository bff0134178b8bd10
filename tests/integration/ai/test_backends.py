"""Each backend against the stand-in's real HTTP: what is sent, what is read, and what goes wrong."""

import numpy as np
import pytest

from evosense.ai.backend_spec import BackendSpec
from evosense.ai.factory import build_embedder, build_scorer
from evosense.ai.ollama import OllamaScorer
from evosense.ai.protocols import CallFailure, PromptMessage, ScoringAnswer, ScoringRequest
from evosense.errors import ConfigurationError, UpstreamPermanent, UpstreamTransient
from evosense.prompts.default import OUTPUT_SCHEMA
from evosense.scoring.contract import validate
from evosense.testing.ai import AiStandIn, Fault
from evosense.testing.ai.doors import digest_of

REQUEST = ScoringRequest(
    "adorei",
    tenant_id="t-1",
    chat_id="c-1",
    prompt=(PromptMessage("system", "avalie"), PromptMessage("user", "<mensagem>\nadorei\n</mensagem>")),
    output_schema=OUTPUT_SCHEMA,
)
DOORS = ("ollama", "openai", "n8n", "mcp")


@pytest.fixture
async def standin():
    async with AiStandIn() as running:
        yield running


async def spec_of(standin: AiStandIn, provider: str, **options) -> BackendSpec:
    url = {"n8n": standin.webhook, "mcp": await standin.open_mcp() if provider == "mcp" else ""}.get(
        provider, standin.url
    )
    return BackendSpec(provider, provider, url, "qwen-test", **{"timeout_seconds": 3.0, "slots": 4, **options})


async def asked(standin: AiStandIn, provider: str, **options) -> ScoringAnswer | CallFailure:
    scorer = build_scorer(await spec_of(standin, provider, **options))
    try:
        return await scorer.call(REQUEST)
    finally:
        await scorer.close()


@pytest.mark.parametrize("provider", DOORS)
async def test_each_answers_by_the_contract(standin, provider):
    answer = await asked(standin, provider)
    verdict = validate(answer, message_text="adorei")
    assert verdict.status == "ok"
    assert verdict.score.sentiment > 0.5
    assert answer.latency_ms > 0


async def test_ollama_is_sent_what_it_needs(standin):
    await asked(standin, "ollama", params={"num_ctx": 2048})
    [body] = standin.seen
    assert body["format"] == OUTPUT_SCHEMA
    assert (body["stream"], body["think"]) == (False, False)
    assert body["options"] == {"temperature": 0, "seed": 7, "num_ctx": 2048, "num_predict": 400}


async def test_openai_is_sent_the_schema_and_a_price_is_taken(standin):
    answer = await asked(standin, "openai", usd_per_mtok_in=1.0, secret="sk-1")
    [body] = standin.seen
    assert body["response_format"]["json_schema"] == {"name": "score", "strict": True, "schema": OUTPUT_SCHEMA}
    assert answer.cost_usd == pytest.approx(120e-6)
    assert answer.engine_version == "fp_standin"


async def test_the_weights_are_part_of_the_identity(standin):
    async with OllamaScorer(await spec_of(standin, "ollama")) as scorer:
        unknown = scorer.config.config_hash
        assert await scorer.identify() is None
        assert scorer.config.digest == digest_of("qwen-test")
        assert scorer.config.config_hash != unknown
    standin.models.names = ()
    async with OllamaScorer(await spec_of(standin, "ollama")) as scorer:
        assert (await scorer.identify()).error_class == "model_missing"


@pytest.mark.parametrize("provider", ["ollama", "openai", "n8n"])
@pytest.mark.parametrize(
    ("fault", "status"),
    [("truncated", "truncated"), ("invalid_json", "invalid"), ("refused", "refused"), ("markup", "invalid")],
)
async def test_answers_that_are_no_good(standin, provider, fault, status):
    standin.script.faults.append(Fault(fault))
    verdict = validate(await asked(standin, provider), message_text="adorei")
    # A webhook passes on what its model said and does not tell why it stopped.
    assert verdict.status == ("invalid" if provider == "n8n" else status)


@pytest.mark.parametrize("provider", ["ollama", "openai", "n8n"])
async def test_calls_that_fail(standin, provider):
    standin.script.faults.extend([Fault(status=429, retry_after="7"), Fault("cut"), Fault(status=503), Fault("hang")])
    limited = await asked(standin, provider)
    assert (limited.error_class, limited.retryable, limited.retry_after_seconds) == ("http_429", True, 7.0)
    assert (await asked(standin, provider)).error_class == "unreachable"
    assert (await asked(standin, provider)).http_status == 503
    assert (await asked(standin, provider, timeout_seconds=0.1)).error_class == "timeout"


async def test_a_tool_that_fails_or_is_missing(standin):
    standin.script.faults.append(Fault("status"))
    assert (await asked(standin, "mcp")).error_class == "tool_error"
    scorer = build_scorer(await spec_of(standin, "mcp", params={"tool": "other"}))
    assert (await scorer.identify()).error_class == "tool_missing"
    await scorer.close()


async def test_an_mcp_session_that_broke_is_opened_again(standin):
    scorer = build_scorer(await spec_of(standin, "mcp"))
    assert isinstance(await scorer.call(REQUEST), ScoringAnswer)
    await scorer.close()
    assert isinstance(await scorer.call(REQUEST), ScoringAnswer)
    await scorer.close()


@pytest.mark.parametrize("provider", ["ollama", "openai"])
async def test_embeddings(standin, provider):
    embedder = build_embedder(await spec_of(standin, provider, params={"prefix": "q: "}))
    vectors = await embedder.embed(["oi", "tchau", "oi"])
    assert vectors.shape == (3, 768)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert (vectors[0] == vectors[2]).all()
    assert standin.seen[0]["input"] == ["q: oi", "q: tchau", "q: oi"]
    standin.models.dimensions = 384
    with pytest.raises(UpstreamPermanent, match="384 dimensions and 768 are stored"):
        await embedder.embed(["oi"])
    standin.script.faults.append(Fault(status=503))
    with pytest.raises(UpstreamTransient):
        await embedder.embed(["oi"])
    await embedder.close()


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        (BackendSpec("a", "ollama", "http://[::1/", "m"), "must begin with https"),
        (BackendSpec("a", "ollama", "http://10.0.0.1:99999", "m"), "must begin with https"),
        (BackendSpec("a", "ollama", "ollama.local", "m"), "must begin with https"),
        (BackendSpec("a", "openai", "http://x"), "needs the name of a model"),
        (BackendSpec("a", "telepathy"), "provider must be one of"),
    ],
)
def test_a_spec_that_is_wrong_says_so(spec, problem):
    with pytest.raises(ConfigurationError, match=problem):
        spec.check()
