"""Servers that speak OpenAI's API: llama.cpp, vLLM, hosted ones. Structured answers by `response_format`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from evosense.ai.backend_spec import BackendSpec
from evosense.ai.http_calls import HttpCalls, Reply
from evosense.ai.model_config import ModelConfig
from evosense.ai.ollama import bearer
from evosense.ai.protocols import CallFailure, Finish, ScoringAnswer, ScoringRequest
from evosense.ai.remote import RemoteScorer
from evosense.ai.vectors import EMBEDDING_PARAMS, as_failure, unit_vectors

_PARAMS: dict[str, Any] = {"temperature": 0, "seed": 7, "max_tokens": 400}
_FINISHES: dict[str, Finish] = {"length": "length", "content_filter": "refusal"}


def _base(url: str) -> str:
    """The address without a slash at its end, with /v1."""
    bare = url.rstrip("/")
    return bare if bare.endswith("/v1") else f"{bare}/v1"


def _config(spec: BackendSpec, params: Mapping[str, Any]) -> ModelConfig:
    """No digest is told by this API, so two servers are two models even if the names are alike."""
    server = hashlib.sha256(_base(spec.url).encode()).hexdigest()
    return ModelConfig("openai", spec.model, None, {**params, "server_sha256": server})


class OpenAiScorer(RemoteScorer):
    """`Scorer` over /v1/chat/completions. Params are sent as they are (temperature, seed, max_tokens …)."""

    def __init__(self, spec: BackendSpec) -> None:
        self._spec = spec
        self._params = {**_PARAMS, **spec.params}
        self._url = f"{_base(spec.url)}/chat/completions"
        self._http = HttpCalls(timeout_seconds=spec.timeout_seconds, slots=spec.slots, headers=bearer(spec.secret))
        super().__init__(_config(spec, self._params), spec.slots)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def identify(self) -> CallFailure | None:
        """Nothing to learn: the API names no weights. Each answer's `system_fingerprint` is kept as its version."""
        return None

    async def call(self, request: ScoringRequest) -> ScoringAnswer | CallFailure:
        """One /v1/chat/completions."""
        body: dict[str, Any] = {
            "model": self._spec.model,
            "messages": [{"role": m.role, "content": m.content} for m in request.prompt],
            "stream": False,
            **self._params,
        }
        if request.output_schema is not None:
            schema = {"name": "score", "strict": True, "schema": request.output_schema}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        reply = await self._http.post(self._url, body)
        return reply if isinstance(reply, CallFailure) else self._read(reply)

    def _read(self, reply: Reply) -> ScoringAnswer | CallFailure:
        try:
            told = orjson.loads(reply.raw)
            choice = told["choices"][0]
            message = choice["message"]
            content = message.get("content") or ""
            reason = choice.get("finish_reason")
            usage = told.get("usage") or {}
            refused = bool(message.get("refusal"))
        except (orjson.JSONDecodeError, KeyError, IndexError, TypeError, AttributeError):
            return CallFailure("not_openai", latency_ms=reply.latency_ms)
        tokens_in, tokens_out = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
        version = told.get("system_fingerprint")
        return ScoringAnswer(
            content if isinstance(content, str) else "",
            finish="refusal" if refused else _FINISHES.get(str(reason), "stop"),
            latency_ms=reply.latency_ms,
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            cost_usd=self._spec.cost_usd(tokens_in, tokens_out),
            engine_version=version[:80].replace("\x00", "") if isinstance(version, str) else None,
        )


def _count(usage: Any, key: str) -> int | None:
    value = usage.get(key) if isinstance(usage, dict) else None
    return value if isinstance(value, int) and 0 <= value < 2**31 else None


class OpenAiEmbedder:
    """`Embedder` over /v1/embeddings. Params: prefix, dimensions (sent when given)."""

    def __init__(self, spec: BackendSpec) -> None:
        self._spec = spec
        self._params = {**EMBEDDING_PARAMS, **spec.params}
        self._url = f"{_base(spec.url)}/embeddings"
        self._http = HttpCalls(timeout_seconds=spec.timeout_seconds, slots=spec.slots, headers=bearer(spec.secret))
        self._config = _config(spec, self._params)

    @property
    def config(self) -> ModelConfig:
        """The model on its server."""
        return self._config

    async def identify(self) -> CallFailure | None:
        """Nothing to learn."""
        return None

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Embedder`."""
        body: dict[str, Any] = {
            "model": self._spec.model,
            "input": [f"{self._params['prefix']}{text}"[: int(self._params["longest_chars"])] for text in texts],
            "encoding_format": "float",
        }
        if "dimensions" in self._params:
            body["dimensions"] = self._params["dimensions"]
        reply = await self._http.post_for_vectors(self._url, body)
        if isinstance(reply, CallFailure):
            raise as_failure(self._spec.name, reply)
        return unit_vectors(self._spec.name, reply.raw, _in_order, len(texts))


def _in_order(told: Any) -> list[Any]:
    return [item["embedding"] for item in sorted(told["data"], key=lambda item: item["index"])]
