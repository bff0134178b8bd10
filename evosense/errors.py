"""The error tree: every failure EvoSense names, with its HTTP status and whether a retry can help.

EvoSenseError
├── ConfigurationError      500  a setting or server is wrong; the message says what to do
├── InvalidInput            422  the caller sent something that can't be used
├── NotAuthenticated        401  no valid proof of who is calling
├── NotPermitted            403  known caller, but not allowed
├── NotFound                404  absent, or belongs to another tenant (never told apart)
├── Conflict                409  contradicts what is stored
├── QuotaExceeded           402  the plan's limit is reached
├── RateLimited             429  too many requests; retry_after_seconds says when
└── UpstreamError           502  another server failed
    ├── UpstreamTransient   503  trying again later can help
    └── UpstreamPermanent   502  trying again can't help; an operator has to act
"""

from __future__ import annotations

from typing import ClassVar


class EvoSenseError(Exception):
    """Something EvoSense can name went wrong."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str | None = None) -> None:
        """`detail` is one sentence for a person: what is wrong and what to do. The class docstring is the default."""
        self.detail = detail or (type(self).__doc__ or "").split("\n", 1)[0]
        super().__init__(self.detail)


class ConfigurationError(EvoSenseError):
    """A setting is wrong or a server that EvoSense needs is not usable."""

    code = "configuration_error"


class InvalidInput(EvoSenseError):
    """The request can't be used as it is."""

    status = 422
    code = "invalid_input"


class NotAuthenticated(EvoSenseError):
    """Log in first: there is no valid token."""

    status = 401
    code = "not_authenticated"


class NotPermitted(EvoSenseError):
    """Your role does not allow this; ask an administrator of your company."""

    status = 403
    code = "not_permitted"


class NotFound(EvoSenseError):
    """There is nothing here by that id."""

    status = 404
    code = "not_found"


class Conflict(EvoSenseError):
    """This contradicts what is stored already."""

    status = 409
    code = "conflict"


class QuotaExceeded(EvoSenseError):
    """The plan's limit is reached; choose a larger plan or free some of it."""

    status = 402
    code = "quota_exceeded"


class RateLimited(EvoSenseError):
    """Too many requests; wait and try again."""

    status = 429
    code = "rate_limited"
    retryable = True

    def __init__(self, detail: str | None = None, *, retry_after_seconds: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class UpstreamError(EvoSenseError):
    """Another server did not do its part."""

    status = 502
    code = "upstream_error"


class UpstreamTransient(UpstreamError):
    """Another server is away for now; the work waits and is tried again."""

    status = 503
    code = "upstream_unavailable"
    retryable = True


class UpstreamPermanent(UpstreamError):
    """Another server refused for good; an operator has to act."""

    code = "upstream_refused"


class UpstreamShutOut(UpstreamPermanent):
    """Another server refuses the key, the address or the model, whatever it is asked: work waits for an operator."""
