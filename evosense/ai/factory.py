"""From settings and specs to scorers and embedders."""

from __future__ import annotations

import json
from collections.abc import Callable

from evosense.ai.backend_spec import BackendSpec
from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.ai.embedded.scorer import EmbeddedScorer
from evosense.ai.mcp_tool import McpScorer
from evosense.ai.n8n import N8nScorer
from evosense.ai.ollama import OllamaEmbedder, OllamaScorer
from evosense.ai.openai_compatible import OpenAiEmbedder, OpenAiScorer
from evosense.ai.protocols import Scorer
from evosense.ai.student.model import StudentModel
from evosense.ai.student.scorer import StudentScorer
from evosense.errors import ConfigurationError
from evosense.settings import AiSettings

RemoteEmbedder = OllamaEmbedder | OpenAiEmbedder


def _n8n(spec: BackendSpec) -> Scorer:
    header = str(spec.params.get("header", "Authorization"))
    auth = (header, spec.secret) if spec.secret else None
    return N8nScorer(spec.url, timeout_seconds=spec.timeout_seconds, slots=spec.slots, auth=auth)


def _student(spec: BackendSpec) -> Scorer:
    model = spec.params.get("student")
    if not isinstance(model, StudentModel):
        raise ConfigurationError(
            f"AI backend {spec.name}: a student is learned from a tenant's own scores. Materialise the asset"
            " student_models, and put `student` on the tenant's own list, not on everybody's"
        )
    return StudentScorer(model)


_SCORERS: dict[str, Callable[[BackendSpec], Scorer]] = {
    "embedded": lambda _spec: EmbeddedScorer(),
    "n8n": _n8n,
    "ollama": OllamaScorer,
    "openai": OpenAiScorer,
    "mcp": McpScorer,
    "student": _student,
}
_EMBEDDERS: dict[str, Callable[[BackendSpec], RemoteEmbedder]] = {"ollama": OllamaEmbedder, "openai": OpenAiEmbedder}


def build_scorer(spec: BackendSpec) -> Scorer:
    """A scorer, to be made in the event loop that uses it.

    Raises:
        ConfigurationError: the spec misses something.
    """
    return _SCORERS[spec.check().provider](spec)


def build_embedder(spec: BackendSpec) -> EmbeddedEmbedder | RemoteEmbedder:
    """An embedder. Raises ConfigurationError when the spec misses something or its provider has no embeddings."""
    if spec.check().provider == "embedded":
        return EmbeddedEmbedder()
    if spec.provider not in _EMBEDDERS:
        message = f"{spec.provider} offers no embeddings: set AI_EMBED_PROVIDER to embedded, ollama or openai"
        raise ConfigurationError(message)
    return _EMBEDDERS[spec.provider](spec)


def scorer_specs(settings: AiSettings) -> list[BackendSpec]:
    """Everybody's backends by the settings, in order. Raises ConfigurationError that names the setting."""
    provider = settings.ai_provider or ("n8n" if settings.n8n_ai_webhook else "embedded")
    first = _n8n_spec(settings) if provider == "n8n" else _model_spec(settings, provider)
    specs = [first.check()]
    if settings.ai_fallback and first.provider != settings.ai_fallback:
        specs.append(BackendSpec(settings.ai_fallback, settings.ai_fallback))
    return specs


def _n8n_spec(settings: AiSettings) -> BackendSpec:
    webhook = settings.n8n_ai_webhook or ""
    if not webhook.startswith(("http://", "https://")):
        raise ConfigurationError("N8N_AI_WEBHOOK must begin with https:// (or http:// inside your own network)")
    return BackendSpec(
        "n8n",
        "n8n",
        webhook,
        secret=settings.n8n_ai_auth_value.get_secret_value() if settings.n8n_ai_auth_value else "",
        slots=settings.ai_slots,
        timeout_seconds=settings.ai_timeout_seconds,
        params={"header": settings.n8n_ai_auth_header},
    )


def _model_spec(settings: AiSettings, provider: str) -> BackendSpec:
    return BackendSpec(
        provider,
        provider,  # pyright: ignore[reportArgumentType] - checked by `check`
        settings.ai_base_url or "",
        settings.ai_model or "",
        secret=settings.ai_api_key.get_secret_value() if settings.ai_api_key else "",
        slots=settings.ai_slots,
        timeout_seconds=settings.ai_timeout_seconds,
        usd_per_mtok_in=settings.ai_usd_per_mtok_in,
        usd_per_mtok_out=settings.ai_usd_per_mtok_out,
        params={"num_ctx": settings.ai_num_ctx} if provider == "ollama" else {},
    )


def embedder_spec(settings: AiSettings) -> BackendSpec:
    """The embedder by the settings."""
    provider = settings.ai_embed_provider
    params: dict[str, object] = {"prefix": settings.ai_embed_prefix} if settings.ai_embed_prefix else {}
    if settings.ai_embed_dimensions:
        params["dimensions"] = settings.ai_embed_dimensions
    return BackendSpec(
        f"{provider}-embeddings",
        provider,
        settings.ai_embed_url or settings.ai_base_url or "",
        settings.ai_embed_model or "",
        secret=settings.ai_api_key.get_secret_value() if settings.ai_api_key else "",
        slots=settings.ai_slots,
        timeout_seconds=max(settings.ai_timeout_seconds, 30.0),
        params=params,
    )


def secrets(settings: AiSettings) -> dict[str, str]:
    """AI_SECRETS by name. Raises ConfigurationError when it is no JSON object of texts."""
    if settings.ai_secrets is None:
        return {}
    try:
        found = json.loads(settings.ai_secrets.get_secret_value())
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise ConfigurationError('AI_SECRETS must be a JSON object of names and secrets: {"openai": "sk-…"}')
    return {str(name): str(value) for name, value in found.items()}
