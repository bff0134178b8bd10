"""How an Evolution server refuses: told apart from being away, because retrying does not help.

Fatal refusals stop the connection and tell the operator; everything else is tried again.
"""

from __future__ import annotations

from typing import Final

from evosense.errors import UpstreamPermanent, UpstreamTransient
from evosense.evolution.socketio import load_json
from evosense.evolution.wire_values import as_dict

_FATAL_STATUSES: Final = frozenset({400, 401, 403, 404})
_SHORT: Final = 80


class EvolutionRefused(UpstreamPermanent):
    """The Evolution server refused: an operator has to act.

    `reason` is a stable code for the connection's row: `http_400`, `http_401`, `http_403`, `http_404`,
    `license_required`, `not_socketio`.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class EvolutionUnavailable(UpstreamTransient):
    """The Evolution server is away, or answered with an error that may pass."""


def refusal(status: int, body: bytes | str) -> EvolutionRefused | EvolutionUnavailable:
    """The error for an HTTP answer with `status` (not 2xx) and `body`, from the API or a refused handshake.

    The server's words are kept only when they are one of its short known phrases, never a page or a token.
    """
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    if status == 503 and _says_license_required(text):
        detail = "the Evolution server (2.4 or later) is not activated with its vendor; activate it, then resume"
        return EvolutionRefused("license_required", detail)
    if status in _FATAL_STATUSES:
        return EvolutionRefused(f"http_{status}", _explain(status, text))
    return EvolutionUnavailable(f"the Evolution server answered {status}")


def _says_license_required(text: str) -> bool:
    try:
        return as_dict(load_json(text)).get("code") == "LICENSE_REQUIRED"
    except ValueError:
        return False


def _explain(status: int, text: str) -> str:
    if text in ("apiKey is required", "Invalid global token"):
        return f"the Evolution server refused the key ({text}); enter the instance's token or the global key"
    if status == 404:
        return "the Evolution server knows no such instance, or its address has a wrong path"
    if "Unsupported protocol version" in text[:_SHORT]:
        return "the server speaks another version of Engine.IO; EvoSense needs Evolution API 2.x or 1.8"
    return f"the Evolution server refused with {status}; check the key and the instance's name"
