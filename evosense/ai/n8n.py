"""The scorer behind an n8n webhook: payload and reply of the users' documents, plus the rendered prompt.

The reply has a float sentiment and free words; the words below are the published list. A mapped word counts as
repaired; one that is on no list stays as it is, and validation finds the answer invalid.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp
import orjson

from evosense.ai.embedded.text import fold
from evosense.ai.model_config import ModelConfig
from evosense.ai.protocols import CallFailure, ScoringAnswer, ScoringRequest

_RETRYABLE = frozenset((408, 409, 429))
_LONGEST_REPLY_BYTES = 256_000

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
_NEW_KEYS = ("sentiment_x100", "satisfaction", "emotion", "tone", "summary", "confidence")


class N8nScorer:
    """`Scorer` over HTTP. Use it as an async context manager: it keeps connections open."""

    def __init__(self, url: str, *, timeout_seconds: float, slots: int, auth: tuple[str, str] | None = None) -> None:
        """`auth` is the header's name and value that the workflow's Header Auth asks for."""
        self._url = url
        self._slots = slots
        # The path of a webhook is a secret of sorts: the config tells webhooks apart without showing it.
        params = {"webhook_sha256": hashlib.sha256(url.encode()).hexdigest()}
        self._config = ModelConfig(provider="n8n", model="n8n-webhook", params=params)
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=timeout_seconds),
            connector=aiohttp.TCPConnector(limit=slots),
            headers={auth[0]: auth[1]} if auth else {},
        )
        self._gate = asyncio.Semaphore(slots)

    async def __aenter__(self) -> N8nScorer:
        """Nothing to do: connections are opened by the first calls."""
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Close the connections."""
        await self._session.close()

    @property
    def config(self) -> ModelConfig:
        """Provider n8n; which model stands behind the workflow is told by each reply, if it says."""
        return self._config

    @property
    def reads_prompt(self) -> bool:
        """Yes: the workflow gets the rendered prompt beside the payload of the documents."""
        return True

    @property
    def slots(self) -> int:
        """Calls in flight at once."""
        return self._slots

    async def score(self, batch: Sequence[ScoringRequest]) -> Sequence[ScoringAnswer | CallFailure]:
        """One call a message, at most `slots` at once."""
        return await asyncio.gather(*(self._one(request) for request in batch))

    async def _one(self, request: ScoringRequest) -> ScoringAnswer | CallFailure:
        async with self._gate:
            started = time.perf_counter()
            try:
                body = orjson.dumps(payload(request))
                headers = {"content-type": "application/json"}
                async with self._session.post(self._url, data=body, headers=headers, allow_redirects=False) as response:
                    raw = await _read(response)
                    return _judge(response.status, response.headers, raw, 1000 * (time.perf_counter() - started))
            except TimeoutError:
                return CallFailure("timeout", latency_ms=1000 * (time.perf_counter() - started))
            except (aiohttp.ClientError, OSError):
                return CallFailure("unreachable", latency_ms=1000 * (time.perf_counter() - started))


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The whole reply, or its first part when it is absurdly long (which is no JSON, and so invalid)."""
    raw = bytearray()
    async for chunk in response.content.iter_any():
        raw += chunk
        if len(raw) > _LONGEST_REPLY_BYTES:
            break
    return bytes(raw)


def payload(request: ScoringRequest) -> dict[str, Any]:
    """What the workflow gets. `sender` is a role, never a name or a number."""
    return {
        "tenant_id": request.tenant_id,
        "message": request.text,
        "context": {"chat_id": request.chat_id, "sender": "customer"},
        "prompt_version": request.prompt_hash,
        "prompt": [{"role": message.role, "content": message.content} for message in request.prompt],
    }


def _judge(status: int, headers: Mapping[str, str], raw: bytes, latency_ms: float) -> ScoringAnswer | CallFailure:
    if status == 200:
        return read_reply(raw, latency_ms)
    retryable = status in _RETRYABLE or status >= 500
    wait = headers.get("Retry-After", "")
    return CallFailure(
        f"http_{status}",
        retryable=retryable,
        http_status=status,
        latency_ms=latency_ms,
        retry_after_seconds=float(wait) if wait.isdigit() else None,
    )


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
