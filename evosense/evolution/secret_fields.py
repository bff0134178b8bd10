"""Removing what must never be kept from an event: tokens, and the keys that decrypt media and messages.

An envelope carries the instance's token in clear (`apikey`); `mediaKey` together with the media's address
decrypts it; `messageSecret` decrypts votes and edits; `base64` is the media itself; a QR code pairs a phone.
"""

from __future__ import annotations

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
    }
)
_MAX_DEPTH: Final = 200


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
