"""One AI backend as it is configured: who runs it, where, and what is sent along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from evosense.errors import ConfigurationError

Provider = Literal["embedded", "n8n", "ollama", "openai", "mcp", "student"]
PROVIDERS: tuple[Provider, ...] = get_args(Provider)
_NEEDS_MODEL = frozenset(("ollama", "openai"))
_NEED_NO_SERVER = frozenset(("embedded", "student"))


@dataclass(frozen=True)
class BackendSpec:
    """A backend.

    Attributes:
        name: how people call it.
        provider: the protocol it speaks.
        url: base address (Ollama, OpenAI-compatible) or the whole one (n8n, MCP).
        model: the model's name there.
        secret: what is sent as proof, in the header that the provider uses.
        slots: calls in flight at most.
        timeout_seconds: deadline of one call.
        usd_per_mtok_in: price of a million prompt tokens; usd_per_mtok_out: of generated ones.
        params: num_ctx, temperature, max_tokens, tool, header …
    """

    name: str
    provider: Provider = "embedded"
    url: str = ""
    model: str = ""
    secret: str = field(default="", repr=False)
    slots: int = 16
    timeout_seconds: float = 3.0
    usd_per_mtok_in: float = 0.0
    usd_per_mtok_out: float = 0.0
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def check(self) -> BackendSpec:
        """Itself. Raises ConfigurationError that says what is missing."""
        if self.provider not in PROVIDERS:
            raise ConfigurationError(f"AI backend {self.name}: provider must be one of {', '.join(PROVIDERS)}")
        if self.provider in _NEED_NO_SERVER:
            return self
        if not _is_http(self.url):
            raise ConfigurationError(
                f"AI backend {self.name}: its address must begin with https:// (or http:// inside your own network)"
            )
        if self.provider in _NEEDS_MODEL and not self.model:
            raise ConfigurationError(f"AI backend {self.name}: {self.provider} needs the name of a model")
        return self

    def cost_usd(self, tokens_in: int | None, tokens_out: int | None) -> float:
        """Price of a call in US dollars; tokens that the engine does not count are free."""
        return ((tokens_in or 0) * self.usd_per_mtok_in + (tokens_out or 0) * self.usd_per_mtok_out) / 1e6


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets without an end, a port beyond 65535
        return False
