"""Removing what must never be kept from an event: tokens, and the keys that decrypt media and messages.

An envelope carries the instance's token in clear (`apikey`); `mediaKey` together with the media's address
decrypts it; `messageSecret` decrypts votes and edits; `base64` is the media itself; a QR code pairs a phone; a
group's sender key and the account's sync keys decrypt what comes after; headers of a webhook carry its secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
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
    """A JSON document without its secret fields, at any depth; parts that hold none are shared with `value`.

    Anything nested deeper than 200 levels is dropped: no client of WhatsApp writes it, and recursion has an
    end.
    """
    if type(value) is dict:
        fields = cast("dict[str, Any]", value)
        if not SECRET_FIELDS.isdisjoint(fields):
            fields = {key: child for key, child in fields.items() if key not in SECRET_FIELDS}
        return None if _depth > _MAX_DEPTH else _cleaned(fields, fields.items(), _depth + 1)
    if type(value) is list:
        items = cast("list[Any]", value)
        return None if _depth > _MAX_DEPTH else _cleaned(items, enumerate(items), _depth + 1)
    return value


def _cleaned(holder: Any, children: Iterable[tuple[Any, Any]], depth: int) -> Any:
    """`holder`, or a copy where a child holds secrets; dicts and lists are indexed by what they are walked with."""
    cleaned = holder
    for place, child in children:
        if type(child) is dict or type(child) is list:
            clean = without_secrets(child, depth)
            if clean is not child:
                if cleaned is holder:
                    cleaned = holder.copy()
                cleaned[place] = clean
    return cleaned


def text_without_secrets(text: str) -> str:
    """A text that should have been JSON and is none, with nothing in place of what its secret fields hold."""
    return _WRITTEN.sub(r"\1", text)
