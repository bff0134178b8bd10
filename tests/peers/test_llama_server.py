"""llama.cpp's own server, asked by our clients: the protocol, the schema, batches, errors. Opt-in: make peers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Generator

import numpy as np
import pytest

from evosense.ai.backend_spec import BackendSpec
from evosense.ai.factory import build_embedder, build_scorer
from evosense.ai.openai_compatible import OpenAiScorer
from evosense.ai.probe import probe_embedder
from evosense.ai.protocols import CallFailure, ScoringAnswer, ScoringRequest
from evosense.errors import UpstreamPermanent
from evosense.prompts.default import DEFAULT_PROMPT
from evosense.prompts.render import render
from evosense.scoring.contract import Score, validate
from tests.peers.cache import opted_in
from tests.peers.llama_server import llama_server

pytestmark = [pytest.mark.peers, opted_in]
TEXTS = ("adorei o atendimento", "meu pedido não chegou 😡", 'aspas " e barras \\ e \n linhas', "oi")
# A random model may say the same character for ever; the schema's 200 characters can be four bytes each.
PARAMS = {"max_tokens": 1400}


@pytest.fixture(scope="module")
def chat() -> Generator[str]:
    with llama_server() as url:
        yield url


@pytest.fixture(scope="module")
def embeddings() -> Generator[str]:
    with llama_server("--embeddings", "--pooling", "mean") as url:
        yield url


def request(text: str) -> ScoringRequest:
    return ScoringRequest(text, prompt=render(DEFAULT_PROMPT, text, ()), output_schema=DEFAULT_PROMPT.output_schema)


def spec(url: str, **options) -> BackendSpec:
    return BackendSpec("llama", "openai", url, "tiny", **{"timeout_seconds": 120.0, "slots": 2, **options})


async def test_the_schema_is_honoured_by_noise(chat):
    async with OpenAiScorer(spec(chat, params=PARAMS)) as scorer:
        answers = await scorer.score([request(text) for text in TEXTS])
    for text, answer in zip(TEXTS, answers, strict=True):
        assert isinstance(answer, ScoringAnswer), answer
        assert answer.finish == "stop"
        assert isinstance(answer.content, str)
        # Closed lists and integers in their ranges; noise in bytes that are no UTF-8 may be too long a summary.
        told = {**json.loads(answer.content), "summary": "resumo"}
        assert set(told) == {"summary", "emotion", "tone", "sentiment_x100", "satisfaction"}
        Score.model_validate(told)
        verdict = validate(answer, message_text=text)
        assert verdict.status == "ok" or str(verdict.reason).startswith("summary:"), verdict
        assert answer.tokens_in
        assert answer.tokens_out
        assert answer.engine_version


async def test_a_cut_answer_says_so(chat):
    async with OpenAiScorer(spec(chat, params={"max_tokens": 8})) as scorer:
        answer = await scorer.call(request("oi"))
    assert isinstance(answer, ScoringAnswer)
    assert validate(answer, message_text="oi").status == "truncated"


async def test_a_deadline_and_a_wrong_address(chat):
    async with OpenAiScorer(spec(chat, timeout_seconds=0.01, params=PARAMS)) as scorer:
        late = await scorer.call(request("oi"))
    assert isinstance(late, CallFailure)
    assert late.error_class in ("timeout", "unreachable")
    async with OpenAiScorer(spec(f"{chat}/nowhere", params=PARAMS)) as scorer:
        lost = await scorer.call(request("oi"))
    assert isinstance(lost, CallFailure)
    assert (lost.http_status, lost.retryable) == (404, False)


async def test_a_server_without_embeddings_says_so(chat):
    embedder = build_embedder(spec(chat))
    with pytest.raises(UpstreamPermanent):
        await embedder.embed(["oi"])
    await embedder.close()


async def test_vectors_come_in_order_and_in_batches(embeddings):
    embedder = build_embedder(spec(embeddings))
    vectors = await embedder.embed([*TEXTS, TEXTS[0]])
    await embedder.close()
    assert vectors.shape == (len(TEXTS) + 1, 768)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS) + 1), abs=1e-3)
    assert vectors[0] @ vectors[-1] == pytest.approx(1, abs=1e-3)
    assert vectors[0] @ vectors[1] < 0.999


async def test_the_doctor_finds_both_well(chat, embeddings):
    assert "768 dimensions" in await probe_embedder(spec(embeddings))
    scorer = build_scorer(spec(chat, params=PARAMS))
    assert isinstance(scorer, OpenAiScorer)
    async with scorer, asyncio.timeout(120):
        assert await scorer.identify() is None
