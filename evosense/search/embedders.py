"""Which embedder turns a query into a vector: the one by the settings, or the one that made a tenant's older vectors.

While a tenant's messages are embedded anew, its search compares by the former model, so queries must still be embedded
by that one. What is known of it is its recipe in `model_config`; where it runs is AI_EMBED_PREVIOUS_URL, or the same
server as the new one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from evosense.ai.backend_spec import PROVIDERS, BackendSpec
from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.ai.embedder_in_use import EmbedderInUse, identify
from evosense.ai.factory import build_embedder, embedder_spec
from evosense.ai.protocols import Embedder
from evosense.ai.registered_models import Recipe
from evosense.errors import ConfigurationError
from evosense.search.models_in_use import SearchModel, embedder_of
from evosense.settings import AiSettings

_LOOK_AGAIN_SECONDS = 30.0


class Embedders:
    """The embedders of one process, opened when they are needed. Close it in the event loop that used it."""

    def __init__(self, settings: AiSettings, current: Embedder | None = None) -> None:
        """`current` is for tests; else the one by the settings. Raises ConfigurationError when a setting is wrong."""
        self._settings = settings
        # Somebody waits for the answer: a search goes on by words rather than wait as long as a drain does.
        self._spec = replace(embedder_spec(settings), timeout_seconds=settings.ai_timeout_seconds)
        self._current = current or _opened(self._spec)
        self._former: dict[str, EmbedderInUse] = {}
        self._missing: dict[str, float] = {}

    @property
    def current(self) -> Embedder:
        """The one that new messages are embedded with."""
        return self._current

    async def of(self, model: SearchModel, recipe: Recipe | None) -> Embedder | None:
        """The embedder that made the vectors of `model`; None when it is not to be had now, or the plan has none.

        `recipe` is the model's row in model_config.
        """
        if not model.has_embeddings:
            return None
        if await identify(self._current) is not None and model.config_hash is None:
            return None
        found = embedder_of(model, (self._current, *self._former.values()))
        if found is not None or model.config_hash is None or recipe is None:
            return found
        return await self._rebuild(model.config_hash, recipe)

    async def _rebuild(self, config_hash: str, recipe: Recipe) -> Embedder | None:
        if self._missing.get(config_hash, 0.0) > time.monotonic():
            return None
        for spec in self._candidates(recipe):
            try:
                made = _opened(spec)
            except ConfigurationError:
                continue
            if not isinstance(made, EmbedderInUse):
                continue
            if await made.identify() is None and made.config.config_hash == config_hash:
                self._former[config_hash] = made
                return made
            await made.close()
        self._missing[config_hash] = time.monotonic() + _LOOK_AGAIN_SECONDS
        return None

    def _candidates(self, recipe: Recipe) -> Sequence[BackendSpec]:
        provider = next((one for one in PROVIDERS if one == recipe.provider), None)
        if provider is None:
            return ()
        urls = (self._settings.ai_embed_previous_url, self._spec.url)
        return [
            replace(self._spec, provider=provider, url=url, model=recipe.model, params=_sent(recipe.params))
            for url in dict.fromkeys(urls)
            if url
        ]

    async def close(self) -> None:
        """Close every connection."""
        for embedder in (self._current, *self._former.values()):
            if isinstance(embedder, EmbedderInUse):
                await embedder.close()


def _opened(spec: BackendSpec) -> Embedder:
    made = build_embedder(spec)
    return made if isinstance(made, EmbeddedEmbedder) else EmbedderInUse(made)


def _sent(params: Mapping[str, Any]) -> dict[str, Any]:
    """What the recipe was built with: the server's hash is added again from its address."""
    return {name: value for name, value in params.items() if name != "server_sha256"}
