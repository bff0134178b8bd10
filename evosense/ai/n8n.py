"""The scorer behind an n8n webhook: payload and reply of the users' documents, plus the rendered prompt.

The reply has a float sentiment and free words; the words below are the published list. A mapped word counts as
repaired; one that is on no list stays as it is, and validation finds the answer invalid.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import Any

import orjson

from evosense.ai.embedded.text import fold
from evosense.ai.http_calls import HttpCalls
from evosense.ai.model_config import ModelConfig
from evosense.ai.protocols import CallFailure, ScoringAnswer, ScoringRequest
from evosense.ai.remote import RemoteScorer

EMOTION_WORDS = {
    "positivo": "alegria", "positiva": "alegria", "feliz": "alegria", "felicidade": "alegria",
    "satisfeito": "alegria", "satisfeita": "alegria", "satisfacao": "alegria", "contente": "alegria",
    "joy": "alegria", "happy": "alegria", "positive": "alegria", "grato": "gratidao", "grata": "gratidao",
    "gratitude": "gratidao", "negativo": "frustracao", "negativa": "frustracao", "insatisfeito": "frustracao",
    "insatisfeita": "frustracao", "insatisfacao": "frustracao", "decepcao": "frustracao",
    "frustrado": "frustracao", "frustrada": "frustracao", "negative": "frustracao", "frustration": "frustracao",
    "irritado": "raiva", "irritada": "raiva", "irritacao": "raiva", "bravo": "raiva", "anger": "raiva",
    "angry": "raiva", "triste": "tristeza", "sad": "tristeza", "sadness": "tristeza", "neutra": "neutro",
    "neutral": "neutro", "confuso": "confusao", "confusa": "confusao", "duvida": "confusao",
    "ansioso": "ansiedade", "ansiosa": "ansiedade", "preocupacao": "ansiedade", "fear": "medo",
    "surpreso": "surpresa", "surpresa": "surpresa", "surprise": "surpresa", "confiante": "confianca",
}  # fmt: skip
TONE_WORDS = {
    "educado": "cordial", "educada": "cordial", "amigavel": "cordial", "gentil": "cordial", "polite": "cordial",
    "friendly": "cordial", "agressivo": "rispido", "agressiva": "rispido", "rude": "rispido", "grosseiro": "rispido",
    "hostil": "rispido", "aggressive": "rispido", "neutra": "neutro", "neutral": "neutro", "casual": "informal",
    "sarcastico": "ironico", "ironic": "ironico", "urgent": "urgente",
}  # fmt: skip
# What n8n and proxies say instead of an answer.
_NO_ANSWER_KEYS = frozenset(("error", "message", "code", "status", "statusCode", "hint", "details"))
_NEW_KEYS = ("sentiment_x100", "satisfaction", "emotion", "tone", "summary", "confidence")


class N8nScorer(RemoteScorer):
    """`Scorer` over a webhook."""

    def __init__(self, url: str, *, timeout_seconds: float, slots: int, auth: tuple[str, str] | None = None) -> None:
        """`auth` is the header's name and value that the workflow's Header Auth asks for."""
        self._url = url
        self._http = HttpCalls(
            timeout_seconds=timeout_seconds, slots=slots, headers={auth[0]: auth[1]} if auth else None
        )
        # The path of a webhook is a secret of sorts: the config tells webhooks apart without showing it.
        params = {"webhook_sha256": hashlib.sha256(url.encode()).hexdigest()}
        super().__init__(ModelConfig(provider="n8n", model="n8n-webhook", params=params), slots)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def identify(self) -> CallFailure | None:
        """Nothing to learn: which model stands behind the workflow is told by each reply, if it says."""
        return None

    async def call(self, request: ScoringRequest) -> ScoringAnswer | CallFailure:
        """One call of the webhook."""
        reply = await self._http.post(self._url, payload(request))
        if isinstance(reply, CallFailure):
            return reply
        if holds_no_answer(reply.raw):
            return CallFailure("no_answer", latency_ms=reply.latency_ms)
        return read_reply(reply.raw, reply.latency_ms)


def holds_no_answer(raw: bytes) -> bool:
    """Whether a 200 says nothing of the message: empty, a web page (a proxy's), an error, "workflow was started".

    Such a reply is no invalid answer: it says that the way to the model is broken, and the message waits for it.
    """
    if not raw.strip() or raw.lstrip()[:1] == b"<":
        return True
    try:
        reply = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return False
    if isinstance(reply, list) and len(reply) <= 1:
        reply = reply[0] if reply else {}
    return isinstance(reply, dict) and reply.keys() <= _NO_ANSWER_KEYS


def payload(request: ScoringRequest) -> dict[str, Any]:
    """What the workflow gets. `sender` is a role, never a name or a number."""
    return {
        "tenant_id": request.tenant_id,
        "message": request.text,
        "context": {"chat_id": request.chat_id, "sender": "customer"},
        "prompt_version": request.prompt_hash,
        "prompt": [{"role": message.role, "content": message.content} for message in request.prompt],
    }


def read_reply(raw: bytes, latency_ms: float = 0.0) -> ScoringAnswer:
    """The workflow's reply in the contract's words. What can't be read stays text and is found invalid."""
    try:
        reply = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return ScoringAnswer(raw.decode(errors="replace"), latency_ms=latency_ms)
    if isinstance(reply, list) and len(reply) == 1:  # n8n answers a list of items
        reply = reply[0]
    if not isinstance(reply, dict):
        return ScoringAnswer(raw.decode(errors="replace"), latency_ms=latency_ms)
    content = {key: reply[key] for key in _NEW_KEYS if key in reply}
    if "sentiment" in reply and "sentiment_x100" not in reply:
        content["sentiment_x100"] = _hundredths(reply["sentiment"])
    mapped = _map_word(content, "emotion", EMOTION_WORDS) | _map_word(content, "tone", TONE_WORDS)
    model = reply.get("model")
    version = model[:80].replace("\x00", "") if isinstance(model, str) else None
    return ScoringAnswer(content, repaired=mapped, latency_ms=latency_ms, engine_version=version)


def _hundredths(sentiment: Any) -> Any:
    """-1..1 as an integer of hundredths; anything else is passed on for validation to refuse."""
    if isinstance(sentiment, bool) or not isinstance(sentiment, int | float) or not math.isfinite(sentiment):
        return sentiment if isinstance(sentiment, str) else None
    # Rounding must not bring 1.004 back into range: what is out stays out.
    return round(100 * sentiment) if -1 <= sentiment <= 1 else 1000


def _map_word(content: dict[str, Any], key: str, words: Mapping[str, str]) -> bool:
    """Translate a word on the list; True when it was."""
    value = content.get(key)
    if not isinstance(value, str):
        return False
    word = words.get(fold(value.strip()), fold(value.strip()))
    content[key] = word
    return word != value
