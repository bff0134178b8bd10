"""Which web pages may use a person's cookie or open a socket: our own, and no other.

CORS does not cover WebSockets, and a cookie goes wherever the browser sends it; so both look at `Origin`. A request
without one does not come from a page of another site.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from evosense.errors import ConfigurationError
from evosense.settings import ServingSettings


@dataclass(frozen=True, slots=True)
class Origins:
    """`public_url`: the address as browsers see it, if one is set. `others`: further pages that may call, exactly."""

    public_url: str | None
    others: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: ServingSettings) -> Origins:
        """From the settings. Raises ConfigurationError unless each of CORS_ORIGINS is a plain origin."""
        others = tuple(part.strip() for part in settings.cors_origins.split(",") if part.strip())
        for origin in others:
            parts = urlsplit(origin)
            if parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}" or "*" in origin:
                message = f"CORS_ORIGINS: {origin!r} is no origin; write each like https://painel.example"
                raise ConfigurationError(message)
        return cls(settings.public_url, others)

    @property
    def is_https(self) -> bool:
        """Whether browsers reach us by https."""
        return bool(self.public_url) and urlsplit(self.public_url or "").scheme == "https"

    @property
    def host(self) -> str | None:
        """The public host name, without a port."""
        return urlsplit(self.public_url).hostname if self.public_url else None

    def allows(self, origin: str | None, host: str | None) -> bool:
        """Whether a request with these two headers comes from a page of ours."""
        if origin is None:
            return True
        if origin in self.others:
            return True
        if self.public_url and _normal(origin) == _normal(self.public_url):
            return True
        # Same host and port as the one that was asked: a page that this process served.
        return not self.public_url and bool(host) and urlsplit(origin).netloc.lower() == (host or "").lower()


def _normal(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
