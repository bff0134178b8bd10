"""Which model answered: provider, model, digest and parameters, with a hash that identifies all four."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import rfc8785

CONFIG_HASH_SCHEME = "c1:"


@dataclass(frozen=True)
class ModelConfig:
    """The identity of a model. An engine's version is an attribute of each inference, not part of this.

    Attributes:
        provider: who runs it: embedded, ollama, openai, n8n, mcp.
        model: the model's own name.
        digest: content hash of the weights or rules, where one exists (Ollama tags can move).
        params: everything sent that can change an answer, JSON values only.
    """

    provider: str
    model: str
    digest: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @cached_property
    def canonical(self) -> bytes:
        """RFC 8785 bytes of the config: what is hashed and stored verbatim."""
        return rfc8785.dumps(
            {
                "provider": self.provider,
                "model": self.model,
                "digest": self.digest,
                "params": dict(self.params),
            }
        )

    @cached_property
    def config_hash(self) -> str:
        """`c1:` and the sha256 of `canonical` in hex."""
        return CONFIG_HASH_SCHEME + hashlib.sha256(self.canonical).hexdigest()
