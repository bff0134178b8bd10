"""What a backend must offer: a `Scorer` judges messages, an `Embedder` turns texts into vectors.

A backend answers with what the model said and does not judge it: strict validation is
`evosense.scoring.contract`, the same for every backend. A call that failed on its way (away, refused,
timed out) is a `CallFailure` in the answer's place, so one bad item never costs the rest of its batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from evosense.ai.model_config import ModelConfig

EMBEDDING_DIMENSIONS = 768
Finish = Literal["stop", "length", "refusal"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier message of the conversation, already redacted."""

    direction: Literal["in", "out", "unknown"]
    text: str


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One message of a rendered prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class ScoringRequest:
    """One message to judge.

    Attributes:
        text: the redacted text of the message.
        context: earlier turns of the chat, oldest first.
        tenant_id: whose message it is, for backends that keep tenants apart.
        chat_id: opaque id of the chat, never a WhatsApp address.
        prompt_hash: which version is rendered in `prompt`.
        prompt: the rendered prompt; empty for a scorer whose `reads_prompt` is False.
        output_schema: JSON schema the answer must follow, None when the backend has its own.
    """

    text: str
    context: tuple[Turn, ...] = ()
    tenant_id: str = ""
    chat_id: str = ""
    prompt_hash: str = ""
    prompt: tuple[PromptMessage, ...] = ()
    output_schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ScoringAnswer:
    """What the model said, unjudged.

    Attributes:
        content: the model's JSON, as text or as an object already parsed.
        finish: why the model stopped; anything but "stop" makes the answer unusable.
        repaired: an adapter had to translate words of the answer into the contract's.
        latency_ms: around the call alone, queueing apart.
        tokens_in: prompt tokens where the engine counts them.
        tokens_out: generated tokens where the engine counts them.
        cost_usd: price of this call.
        engine_version: what the engine calls its version, if it says.
    """

    content: str | Mapping[str, Any]
    finish: Finish = "stop"
    repaired: bool = False
    latency_ms: float = 0.0
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost_usd: float = 0.0
    engine_version: str | None = None


@dataclass(frozen=True, slots=True)
class CallFailure:
    """A call that brought no answer.

    Attributes:
        error_class: a short stable name such as "timeout", never text of the model or of the message.
        retryable: False when trying again can't help.
        http_status: the backend's status, if there was one.
        latency_ms: until the call was given up.
        retry_after_seconds: what the backend asked for.
    """

    error_class: str
    retryable: bool = True
    http_status: int | None = None
    latency_ms: float = 0.0
    retry_after_seconds: float | None = None


class Scorer(Protocol):
    """Judges messages."""

    @property
    def config(self) -> ModelConfig:
        """Which model this is; its hash is part of every inference's identity."""
        ...

    @property
    def reads_prompt(self) -> bool:
        """Whether requests must carry a rendered prompt."""
        ...

    @property
    def slots(self) -> int:
        """How many calls it takes at once."""
        ...

    async def score(self, batch: Sequence[ScoringRequest]) -> Sequence[ScoringAnswer | CallFailure]:
        """Answer each request, in order; never raises for one bad item."""
        ...


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def config(self) -> ModelConfig:
        """Which model this is; vectors of different configs are never compared."""
        ...

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 of shape (len(texts), 768), each row of length 1 (or all zero for a text without words).

        Raises:
            UpstreamError: the backend gave no usable vectors.
        """
        ...
