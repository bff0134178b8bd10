"""An embedding server in use: it may be away for a while, and the weights behind its model's name may change."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from evosense.ai.factory import RemoteEmbedder
from evosense.ai.model_config import ModelConfig
from evosense.ai.protocols import CallFailure, Embedder
from evosense.errors import UpstreamShutOut, UpstreamTransient

# A server that could not say which weights it runs is asked again after so long; a tag may move meanwhile.
_UNIDENTIFIED_SECONDS = 3.0
_IDENTITY_SECONDS = 300.0
# One that refused the key, the address or the model is tried again after so long.
SHUT_OUT_SECONDS = 30.0


class EmbedderInUse:
    """`Embedder` over a server. Nothing is embedded before it said which weights it runs: vectors carry their name."""

    def __init__(self, remote: RemoteEmbedder, now: Callable[[], float] = time.monotonic) -> None:
        """`now` tells monotonic seconds."""
        self._remote = remote
        self._now = now
        self._asking = asyncio.Lock()
        self._ask_again_at = 0.0
        self._failure: CallFailure | None = None
        self._is_identified = False
        self._shut_out_until = -math.inf

    @property
    def config(self) -> ModelConfig:
        """The model, as last told."""
        return self._remote.config

    @property
    def is_identified(self) -> bool:
        """Whether it is known which weights answer; an identity once known is kept while the server is away."""
        return self._is_identified

    async def identify(self) -> CallFailure | None:
        """Learn which weights answer, if that is due; why that is not known or nothing can be asked now, or None."""
        if self._now() < self._shut_out_until:
            return CallFailure("shut_out")
        async with self._asking:
            if self._now() >= self._ask_again_at:
                self._failure = await self._remote.identify()
                self._is_identified = self._is_identified or self._failure is None
                pause = _IDENTITY_SECONDS if self._failure is None else _UNIDENTIFIED_SECONDS
                self._ask_again_at = self._now() + pause
        return None if self._is_identified else self._failure

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Embedder`."""
        if not self._is_identified:
            raise UpstreamTransient("the embedding server did not say yet which model it runs")
        try:
            return await self._remote.embed(texts)
        except UpstreamShutOut:
            self._shut_out_until = self._now() + SHUT_OUT_SECONDS
            raise

    async def close(self) -> None:
        """Close the connections."""
        await self._remote.close()


async def identify(embedder: Embedder) -> CallFailure | None:
    """Why it is not known which weights an embedder runs, or None: then its config is the vectors' name."""
    return await embedder.identify() if isinstance(embedder, EmbedderInUse) else None
