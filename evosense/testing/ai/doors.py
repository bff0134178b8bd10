"""What each door reads and answers: Ollama's API, OpenAI's, and the n8n webhook of the users' documents."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from evosense.testing.ai import brain
from evosense.testing.ai.script import Fault, Mode

Body = dict[str, Any]
Refusal = tuple[int, Body]
_SORRY = "Desculpe, não posso ajudar com isso."


@dataclass(slots=True)
class Models:
    """What is installed: names of models, and how wide their vectors are."""

    names: tuple[str, ...]
    dimensions: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says: the text, the fields it stands for, and why it stopped."""

    text: str
    fields: Body
    finish: str = "stop"

    @classmethod
    def of(cls, mode: Mode, body: Body, fault: Fault | None) -> Answer:
        """The answer to a call, spoilt by its fault."""
        messages = body.get("messages")
        fields = brain.score(messages, mode) if messages else brain.score_text(str(body.get("message", "")), mode)
        text = brain.as_text(fields)
        kind = fault.kind if fault else ""
        if kind == "truncated":
            return cls(text[: len(text) // 2], {"sentiment": fields["sentiment_x100"]}, "length")
        if kind == "refused":
            return cls(_SORRY, {"message": _SORRY})
        if kind == "invalid_json":
            return cls(f"Claro! Aqui está: {text[1:]}", {"sentiment": "muito bom"})
        if kind == "markup":
            fields = {**fields, "summary": "<b>veja</b> https://golpe.example"}
        if kind == "nan":
            fields = {**fields, "sentiment_x100": float("nan")}
        return cls(brain.as_text(fields), fields)


@dataclass(frozen=True, slots=True)
class Door:
    """A route: `read` refuses a body (or None), `render` writes the reply; `is_model` when a model works for it."""

    method: str
    path: str
    read: Callable[[Models, Body], Refusal | None]
    render: Callable[[Models, Body, Any], Any]
    is_model: bool = True


def _anything(_models: Models, _body: Body) -> Refusal | None:
    return None


def _ollama_model(models: Models, body: Body) -> Refusal | None:
    if body.get("model") not in models.names:
        return 404, {"error": f'model "{body.get("model")}" not found, try pulling it first'}
    return None


def _ollama_texts(models: Models, body: Body) -> Refusal | None:
    texts = body.get("input")
    if not isinstance(texts, str | list) or (isinstance(texts, list) and not all(isinstance(t, str) for t in texts)):
        return 400, {"error": "invalid input type"}
    return _ollama_model(models, body)


def _openai_model(models: Models, body: Body) -> Refusal | None:
    if not body.get("messages") and not body.get("input"):
        return 400, {"error": {"message": "missing messages", "type": "invalid_request_error", "param": None}}
    if body.get("model") not in models.names:
        return 404, {"error": {"message": "model not found", "type": "not_found_error", "param": "model"}}
    return None


def digest_of(model: str) -> str:
    """A digest that depends on the model's name."""
    return hashlib.sha256(model.encode()).hexdigest()


def _tags(models: Models, _body: Body, _answer: Any) -> Body:
    return {"models": [{"name": model, "model": model, "digest": digest_of(model)} for model in models.names]}


def _ollama_chat(_models: Models, body: Body, answer: Answer) -> Body:
    return {
        "model": body["model"],
        "created_at": "2026-11-20T12:00:00Z",
        "message": {"role": "assistant", "content": answer.text},
        "done": True,
        "done_reason": answer.finish,
        "total_duration": 1_000_000,
        "load_duration": 0,
        "prompt_eval_count": sum(len(str(m["content"])) for m in body.get("messages", [])) // 4,
        "eval_count": len(answer.text) // 4,
    }


def _openai_chat(_models: Models, body: Body, answer: Answer) -> Body:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": body["model"],
        "system_fingerprint": "fp_standin",
        "choices": [
            {
                "index": 0,
                "finish_reason": answer.finish,
                "message": {"role": "assistant", "content": answer.text, "refusal": None},
            }
        ],
        "usage": {"prompt_tokens": 120, "completion_tokens": len(answer.text) // 4, "total_tokens": 160},
    }


def _vectors(models: Models, body: Body) -> list[list[float]]:
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    wide = int(body.get("dimensions") or models.dimensions)
    return [brain.vector(text, wide) for text in texts]


def _ollama_embed(models: Models, body: Body, _answer: Any) -> Body:
    return {"model": body["model"], "embeddings": _vectors(models, body), "total_duration": 1, "load_duration": 0}


def _openai_embeddings(models: Models, body: Body, _answer: Any) -> Body:
    vectors = _vectors(models, body)
    data = [{"object": "embedding", "index": n, "embedding": vector} for n, vector in enumerate(vectors)]
    return {"object": "list", "model": body["model"], "data": data[::-1]}  # the index tells the order, not the place


def _n8n(_models: Models, _body: Body, answer: Answer) -> Body:
    fields = dict(answer.fields)
    if "sentiment_x100" in fields:
        fields["sentiment"] = fields.pop("sentiment_x100") / 100
    return {**fields, "model": "standin"}


DOORS = (
    Door("GET", "/api/version", _anything, lambda _s, _b, _a: {"version": "0.33.0"}, is_model=False),
    Door("GET", "/api/tags", _anything, _tags, is_model=False),
    Door("POST", "/api/chat", _ollama_model, _ollama_chat),
    Door("POST", "/api/embed", _ollama_texts, _ollama_embed),
    Door("GET", "/v1/models", _anything, lambda s, _b, _a: {"data": [{"id": m} for m in s.names]}, is_model=False),
    Door("POST", "/v1/chat/completions", _openai_model, _openai_chat),
    Door("POST", "/v1/embeddings", _openai_model, _openai_embeddings),
    Door("POST", "/webhook/ai-analysis", _anything, _n8n),
)
