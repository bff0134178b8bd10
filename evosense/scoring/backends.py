"""Which models score and embed, by the settings. The embedded ones are the default and need nothing."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.ai.factory import build_embedder, build_scorer, embedder_spec, scorer_specs, secrets
from evosense.ai.fleet import Fleet
from evosense.ai.lane import Lane
from evosense.ai.protocols import Embedder, Scorer
from evosense.errors import ConfigurationError
from evosense.settings import AiSettings


@dataclass(frozen=True, slots=True)
class Models:
    """The models in use; `scorer` is the first of everybody's by the settings."""

    scorer: Scorer
    embedder: Embedder
    fleet: Fleet


@asynccontextmanager
async def open_models(settings: AiSettings) -> AsyncGenerator[Models]:
    """The models that the settings choose, closed after the block.

    Raises:
        ConfigurationError: a setting is missing or wrong, or the embedder can't be told apart (it is away).
    """
    known = secrets(settings)
    lanes = [Lane(build_scorer(spec), spec.name) for spec in scorer_specs(settings)]
    fleet = Fleet(lanes, build_scorer, known)
    embedder = build_embedder(embedder_spec(settings))
    try:
        if not isinstance(embedder, EmbeddedEmbedder) and (failure := await embedder.identify()):
            raise ConfigurationError(
                f"the embedding server of AI_EMBED_PROVIDER={settings.ai_embed_provider} can't be used:"
                f" {failure.error_class}; `evosense doctor` says more"
            )
        yield Models(lanes[0].scorer, embedder, fleet)
    finally:
        if not isinstance(embedder, EmbeddedEmbedder):
            await embedder.close()
        await fleet.close()
