"""The file that came with a message becomes a row: its address and key together decrypt it, so they are sealed."""

from __future__ import annotations

from uuid import UUID

import orjson

from evosense.evolution.canonical import CanonicalEvent
from evosense.messages.batch import MediaRow
from evosense.messages.models import Recipient


def media_row(recipient: Recipient, event: CanonicalEvent, message_id: UUID, kind: str) -> MediaRow | None:
    """Where a message's file is, encrypted for the row of `message_id`; None for one without."""
    media = event.media
    if media is None:
        return None
    locator = orjson.dumps(
        {
            "url": media.url,
            "direct_path": media.direct_path,
            "key": media.key.hex() if media.key else None,
            "sha256": media.sha256.hex() if media.sha256 else None,
        }
    )
    sealed = recipient.keys.encrypt("media_ref", message_id, locator)
    size = media.size_bytes if media.size_bytes is not None and 0 <= media.size_bytes < 2**63 else None
    seconds = media.seconds if media.seconds is not None and 0 <= media.seconds < 2**31 else None
    return MediaRow(recipient.tenant_id, message_id, kind, media.mimetype, size, seconds, sealed)
