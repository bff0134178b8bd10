"""The webhook of a real n8n, asked as in production: payload, header auth, and the reply of the users' documents."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from evosense.ai.n8n import N8nScorer
from evosense.ai.protocols import CallFailure, PromptMessage, ScoringAnswer, ScoringRequest
from evosense.scoring.contract import validate
from tests.peers.cache import opted_in
from tests.peers.n8n_server import HEADER, SECRET, N8n, n8n_server

pytestmark = [pytest.mark.peers, opted_in]
ASKED = ScoringRequest(
    "adorei o atendimento",
    tenant_id="t-1",
    chat_id="c-1",
    prompt_hash="p1:abc",
    prompt=(PromptMessage("user", "avalie: adorei"),),
)


@pytest.fixture(scope="module")
def n8n() -> Generator[N8n]:
    home = Path(tempfile.mkdtemp(prefix="evosense-n8n-"))
    with n8n_server(home) as here:
        yield here
    shutil.rmtree(home)


async def test_the_workflow_answers_by_the_contract(n8n):
    async with N8nScorer(n8n.webhook, timeout_seconds=60, slots=8, auth=(HEADER, SECRET)) as scorer:
        answers = await scorer.score([ASKED] * 20)
    for answer in answers:
        assert isinstance(answer, ScoringAnswer), answer
        verdict = validate(answer, message_text=ASKED.text)
        # "positivo" is a word of the users' list, and a mapped word counts as repaired.
        assert (verdict.status, verdict.score.sentiment_x100, verdict.score.emotion) == ("repaired", 72, "alegria")
        assert answer.engine_version == "n8n-code"


async def test_a_wrong_key_and_a_workflow_that_is_not_there(n8n):
    async with N8nScorer(n8n.webhook, timeout_seconds=60, slots=1, auth=(HEADER, "wrong")) as scorer:
        refused = await scorer.call(ASKED)
    assert isinstance(refused, CallFailure)
    assert (refused.error_class, refused.retryable) == ("http_403", False)
    async with N8nScorer(f"{n8n.url}/webhook/other", timeout_seconds=60, slots=1) as scorer:
        missing = await scorer.call(ASKED)
    assert isinstance(missing, CallFailure)
    assert (missing.error_class, missing.retryable) == ("http_404", False)
