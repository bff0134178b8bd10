"""Which models score and embed, by the settings. The embedded ones are the default and need nothing."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.ai.embedder_in_use import EmbedderInUse, identify
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
async def open_fleet(settings: AiSettings) -> AsyncGenerator[Fleet]:
    """The scoring backends that the settings choose, closed after the block; nothing is connected to yet.

    Raises:
        ConfigurationError: a setting is missing or wrong.
    """
    known = secrets(settings)
    lanes = [Lane(build_scorer(spec), spec.name) for spec in scorer_specs(settings)]
    fleet = Fleet(lanes, build_scorer, known)
    try:
        yield fleet
    finally:
        await fleet.close()


@asynccontextmanager
async def open_models(settings: AiSettings) -> AsyncGenerator[Models]:
    """The models that the settings choose, closed after the block.

    Raises:
        ConfigurationError: a setting is missing or wrong.
    """
    async with open_fleet(settings) as fleet, open_embedder(settings) as embedder:
        yield Models(fleet.lanes[0].scorer, embedder, fleet)


@asynccontextmanager
async def open_embedder(settings: AiSettings) -> AsyncGenerator[Embedder]:
    """The embedder that the settings choose, closed after the block; nothing is connected to yet.

    Raises:
        ConfigurationError: a setting is wrong.
    """
    made = build_embedder(embedder_spec(settings))
    if isinstance(made, EmbeddedEmbedder):
        yield made
        return
    embedder = EmbedderInUse(made)
    try:
        yield embedder
    finally:
        await embedder.close()


async def require_identity(embedder: Embedder) -> str:
    """The config hash of an embedder's vectors.

    Raises:
        ConfigurationError: its server can't say which weights it runs (it is away).
    """
    failure = await identify(embedder)
    if failure is not None:
        raise ConfigurationError(
            f"the embedding server can't be used: {failure.error_class}; `evosense doctor` says more"
        )
    return embedder.config.config_hash
