"""Which models score and embed, by the settings. The embedded ones are the default and need nothing."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.ai.embedded.scorer import EmbeddedScorer
from evosense.ai.n8n import N8nScorer
from evosense.ai.protocols import Embedder, Scorer
from evosense.errors import ConfigurationError
from evosense.settings import AiSettings


@dataclass(frozen=True, slots=True)
class Models:
    """The models in use."""

    scorer: Scorer
    embedder: Embedder


@asynccontextmanager
async def open_models(settings: AiSettings) -> AsyncGenerator[Models]:
    """The models that the settings choose, closed after the block.

    Raises:
        ConfigurationError: N8N_AI_WEBHOOK is no http(s) address.
    """
    if not settings.n8n_ai_webhook:
        yield Models(EmbeddedScorer(), EmbeddedEmbedder())
        return
    if urlsplit(settings.n8n_ai_webhook).scheme not in ("http", "https"):
        raise ConfigurationError("N8N_AI_WEBHOOK must begin with https:// (or http:// inside your own network)")
    secret = settings.n8n_ai_auth_value
    auth = (settings.n8n_ai_auth_header, secret.get_secret_value()) if secret else None
    async with N8nScorer(
        settings.n8n_ai_webhook, timeout_seconds=settings.ai_timeout_seconds, slots=settings.ai_slots, auth=auth
    ) as scorer:
        yield Models(scorer, EmbeddedEmbedder())
