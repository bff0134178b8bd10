"""Removing what must never be kept from an event: tokens, and the keys that decrypt media and messages.

An envelope carries the instance's token in clear (`apikey`); `mediaKey` together with the media's address
decrypts it; `messageSecret` decrypts votes and edits; `base64` is the media itself; a QR code pairs a phone; a
group's sender key and the account's sync keys decrypt what comes after; headers of a webhook carry its secret.
"""

from __future__ import annotations

import re
from typing import Any, Final, cast

SECRET_FIELDS: Final = frozenset(
    {
        "apikey",
        "apiKey",
        "api_key",
        "token",
        "hash",
        "authorization",
        "Authorization",
        "mediaKey",
        "messageSecret",
        "base64",
        "pairingCode",
        "senderKeyDistributionMessage",
        "appStateSyncKeyShare",
        "headers",
        "webhookHeaders",
    }
)
_MAX_DEPTH: Final = 200
_WRITTEN: Final = re.compile(
    rf"""(\b(?:{"|".join(sorted(SECRET_FIELDS))})["']?\s*[:=]\s*["']?)[^"',}}\]]+""", re.IGNORECASE
)


def without_secrets(value: object, _depth: int = 0) -> Any:
    """A copy of a JSON document without its secret fields, at any depth.

    Anything nested deeper than 200 levels is dropped: no client of WhatsApp writes it, and recursion has an
    end.
    """
    if type(value) is dict:
        if _depth > _MAX_DEPTH:
            return None
        deeper = _depth + 1
        return {
            key: (child if type(child) is str else without_secrets(child, deeper))
            for key, child in cast("dict[str, Any]", value).items()
            if key not in SECRET_FIELDS
        }
    if type(value) is list:
        if _depth > _MAX_DEPTH:
            return None
        return [without_secrets(child, _depth + 1) for child in cast("list[Any]", value)]
    return value


def text_without_secrets(text: str) -> str:
    """A text that should have been JSON and is none, with nothing in place of what its secret fields hold."""
    return _WRITTEN.sub(r"\1", text)
