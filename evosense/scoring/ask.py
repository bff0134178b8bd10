"""Asking a scorer a batch of questions, so that one bad message never costs the others."""

from __future__ import annotations

from collections.abc import Sequence

from evosense.ai.protocols import CallFailure, Scorer, ScoringAnswer, ScoringRequest
from evosense.log import get_logger
from evosense.prompts.models import PromptText
from evosense.prompts.render import render
from evosense.scoring.models import Question

_log = get_logger(__name__)
_BROKEN = CallFailure("scorer_error", retryable=False)


def build_request(question: Question, prompt: PromptText | None) -> ScoringRequest:
    """What to send; `prompt` is None for a scorer that reads none."""
    asked = question.input
    return ScoringRequest(
        text=asked.text,
        context=asked.context,
        tenant_id=str(asked.tenant_id),
        chat_id=str(asked.chat_id),
        prompt_hash=question.prompt_hash,
        prompt=render(prompt, asked.text, asked.context) if prompt else (),
        output_schema=prompt.output_schema if prompt else None,
    )


async def ask(scorer: Scorer, requests: Sequence[ScoringRequest]) -> list[ScoringAnswer | CallFailure]:
    """One answer or failure for each request, in order."""
    try:
        return list(await scorer.score(requests))
    except Exception as error:  # noqa: BLE001 - whatever one message does to a scorer, the others go on
        # Which message broke the scorer is found by asking for each alone; its text must not reach the log.
        _log.warning("scorer_failed", batch=len(requests), error_class=type(error).__name__)
    if len(requests) == 1:
        return [_BROKEN]
    return [(await ask(scorer, [request]))[0] for request in requests]
