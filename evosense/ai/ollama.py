"""Ollama's own API: /api/chat with a schema, /api/embed in batches, /api/tags for what is pulled.

Source: ollama/ollama docs and server/routes.go (v0.33). The OpenAI layer has no `num_ctx`, and without it the same
prompt is cut on one GPU and not on another: so the native API, with `num_ctx` always sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from evosense.ai.backend_spec import BackendSpec
from evosense.ai.http_calls import HttpCalls, Reply
from evosense.ai.model_config import ModelConfig
from evosense.ai.protocols import CallFailure, Finish, ScoringAnswer, ScoringRequest
from evosense.ai.remote import RemoteScorer
from evosense.ai.vectors import EMBEDDING_PARAMS, as_failure, unit_vectors

_OPTIONS: dict[str, Any] = {"temperature": 0, "seed": 7, "num_ctx": 4096, "num_predict": 400}
_KEEP_ALIVE = "5m"


def bearer(secret: str) -> dict[str, str]:
    """The header that proxies before Ollama and OpenAI-compatible servers ask for."""
    return {"Authorization": f"Bearer {secret}"} if secret else {}


def _config(spec: BackendSpec, digest: str | None, params: Mapping[str, Any]) -> ModelConfig:
    return ModelConfig("ollama", spec.model, digest, params)


class OllamaScorer(RemoteScorer):
    """`Scorer` over /api/chat."""

    def __init__(self, spec: BackendSpec) -> None:
        """Params: num_ctx, num_predict, temperature, seed, think (default False), keep_alive."""
        self._spec = spec
        given = dict(spec.params)
        self._think = bool(given.pop("think", False))
        self._keep_alive = given.pop("keep_alive", _KEEP_ALIVE)
        self._options = {**_OPTIONS, **given}
        self._sent = {"options": self._options, "think": self._think}
        self._base = spec.url.rstrip("/")
        self._http = HttpCalls(timeout_seconds=spec.timeout_seconds, slots=spec.slots, headers=bearer(spec.secret))
        super().__init__(_config(spec, None, self._sent), spec.slots)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def identify(self) -> CallFailure | None:
        """Take the model's digest from /api/tags; a model that is not pulled is `model_missing`."""
        digest = await find_digest(self._http, self._base, self._spec.model)
        if isinstance(digest, CallFailure):
            return digest
        if digest != self._config.digest:
            self._config = _config(self._spec, digest, self._sent)
        return None

    async def call(self, request: ScoringRequest) -> ScoringAnswer | CallFailure:
        """One /api/chat."""
        body: dict[str, Any] = {
            "model": self._spec.model,
            "messages": [{"role": m.role, "content": m.content} for m in request.prompt],
            "stream": False,
            "think": self._think,
            "options": self._options,
            "keep_alive": self._keep_alive,
        }
        if request.output_schema is not None:
            body["format"] = request.output_schema
        reply = await self._http.post(f"{self._base}/api/chat", body)
        return reply if isinstance(reply, CallFailure) else self._read(reply)

    def _read(self, reply: Reply) -> ScoringAnswer | CallFailure:
        lines = _lines(reply.raw)
        if not lines:
            # A proxy's page or half a reply: no word of a model is in it that could be judged.
            return CallFailure("not_ollama", latency_ms=reply.latency_ms)
        last = lines[-1]
        if any(line.get("error") for line in lines):  # told in the middle of a stream, with status 200
            return CallFailure("backend_error", latency_ms=reply.latency_ms)
        if not last.get("done", True):
            return CallFailure("cut_stream", latency_ms=reply.latency_ms)
        tokens_in, tokens_out = _count(last, "prompt_eval_count"), _count(last, "eval_count")
        load_ms = (_count(last, "load_duration") or 0) / 1e6
        return ScoringAnswer(
            "".join(_content(line) for line in lines),
            finish=self._finish(last, tokens_in, tokens_out),
            # Loading a model is no latency of the model.
            latency_ms=max(reply.latency_ms - load_ms, 0.0),
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            cost_usd=self._spec.cost_usd(tokens_in, tokens_out),
        )

    def _finish(self, last: Mapping[str, Any], tokens_in: int | None, tokens_out: int | None) -> Finish:
        """Cut answers say so; a prompt that filled the whole context was cut without a word."""
        full = (tokens_in or 0) + (tokens_out or 0) >= int(self._options["num_ctx"])
        return "length" if last.get("done_reason") == "length" or full else "stop"


async def find_digest(http: HttpCalls, base: str, model: str) -> str | CallFailure:
    """The digest of a pulled model's weights."""
    reply = await http.get(f"{base}/api/tags")
    if isinstance(reply, CallFailure):
        return reply
    try:
        models = orjson.loads(reply.raw)["models"]
        digests = {str(one["name"]): str(one.get("digest", "")) for one in models}
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return CallFailure("not_ollama", retryable=False, latency_ms=reply.latency_ms)
    for name in (model, f"{model}:latest"):
        if name in digests:
            return digests[name]
    return CallFailure("model_missing", latency_ms=reply.latency_ms)


class OllamaEmbedder:
    """`Embedder` over /api/embed. Params: num_ctx, prefix, dimensions (sent when given)."""

    def __init__(self, spec: BackendSpec) -> None:
        self._spec = spec
        self._base = spec.url.rstrip("/")
        self._params = {**EMBEDDING_PARAMS, "num_ctx": 2048, **spec.params}
        self._http = HttpCalls(timeout_seconds=spec.timeout_seconds, slots=spec.slots, headers=bearer(spec.secret))
        self._config = _config(spec, None, self._params)

    @property
    def config(self) -> ModelConfig:
        """The model with its digest, once it was identified."""
        return self._config

    async def identify(self) -> CallFailure | None:
        """Take the model's digest; vectors of two digests are never compared."""
        digest = await find_digest(self._http, self._base, self._spec.model)
        if isinstance(digest, CallFailure):
            return digest
        self._config = _config(self._spec, digest, self._params)
        return None

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Embedder`."""
        body: dict[str, Any] = {
            "model": self._spec.model,
            # Cut here: `truncate` is ignored by some releases, and one long text then fails its whole batch.
            "input": [f"{self._params['prefix']}{text}"[: int(self._params["longest_chars"])] for text in texts],
            "truncate": True,
            "options": {"num_ctx": self._params["num_ctx"]},
            "keep_alive": _KEEP_ALIVE,
        }
        if "dimensions" in self._params:
            body["dimensions"] = self._params["dimensions"]
        reply = await self._http.post_for_vectors(f"{self._base}/api/embed", body)
        if isinstance(reply, CallFailure):
            raise as_failure(self._spec.name, reply)
        return unit_vectors(self._spec.name, reply.raw, lambda told: told["embeddings"], len(texts))


def _lines(raw: bytes) -> list[dict[str, Any]]:
    """The JSON objects of a reply, one or (from a server that streams anyway) one a line; empty if it is no JSON."""
    found: list[dict[str, Any]] = []
    for line in raw.splitlines():
        if not line.strip():
            continue
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            return []
        if not isinstance(value, dict):
            return []
        found.append(value)
    return found


def _content(line: Mapping[str, Any]) -> str:
    message = line.get("message")
    content = message.get("content") if isinstance(message, dict) else None
    return content if isinstance(content, str) else ""


def _count(line: Mapping[str, Any], key: str) -> int | None:
    value = line.get(key)
    return value if isinstance(value, int) and 0 <= value < 2**62 else None
