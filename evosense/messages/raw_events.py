"""Raw events: what was heard, without secrets, compressed and encrypted, for replays and support.

Format of `raw.evolution_event.payload`: TenantKeys.encrypt("evolution_event", id, zlib(JSON)); the JSON is
`{"event", "instance", "data"}`, bytes inside as `{"$bytes_b64": …}`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from typing import Any, Final
from uuid import UUID

import orjson
from isal import isal_zlib

from evosense.evolution.canonical import CanonicalEvent
from evosense.tenants.keys import TenantKeys

_TABLE: Final = "evolution_event"
_FASTEST: Final = 1  # as small as zlib's level 1, in half its time


def raw_data(events: list[CanonicalEvent]) -> bytes:
    """The items of one envelope as JSON, keys sorted, each item once: equal for repeats of the same event."""
    items: list[Any] = []
    for event in events:
        if not items or event.raw is not items[-1]:  # an item that became two events is kept once
            items.append(event.raw)
    data = items[0] if len(items) == 1 else items
    try:
        return orjson.dumps(data, default=_bytes, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError:
        # Halves of surrogate pairs, and numbers of more than 64 bits: rare, and nothing may be lost for them.
        mended = json.loads(json.dumps(data, default=_bytes), parse_constant=lambda _name: None)
        return json.dumps(mended, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")


def _bytes(value: Any) -> dict[str, str]:
    if isinstance(value, bytes):
        return {"$bytes_b64": base64.b64encode(value).decode()}
    raise TypeError(type(value).__name__)


def raw_digest(event_kind: str, data: bytes) -> bytes:
    """SHA-256 over event and data; date_time, apikey and server_url are no part of them."""
    return hashlib.sha256(event_kind.encode() + b"\x00" + data).digest()


def seal(keys: TenantKeys, raw_id: UUID, event_kind: str, instance: str, data: bytes) -> bytes:
    """The payload column."""
    head = orjson.dumps({"event": event_kind, "instance": instance})
    packed = isal_zlib.compress(head[:-1] + b',"data":' + data + b"}", _FASTEST)
    return keys.encrypt(_TABLE, raw_id, packed)


def unseal(keys: TenantKeys, raw_id: UUID, payload: bytes) -> dict[str, Any]:
    """The envelope inside a payload column. Raises ConfigurationError when the keys don't fit."""
    return orjson.loads(zlib.decompress(keys.decrypt(_TABLE, raw_id, payload)))
