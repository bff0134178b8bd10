"""From a connection that is listened to, to the recipient that the inbox stores for."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from evosense.connections.models import Listening
from evosense.connections.repository import open_own_address
from evosense.messages.models import Recipient
from evosense.tenants.keys import TenantKeys


def recipient_of(listening: Listening, keys: TenantKeys) -> Recipient:
    """The recipient of what is heard on a connection; `keys` are its tenant's."""
    return Recipient(
        listening.tenant_id,
        listening.id,
        listening.instance,
        ZoneInfo(listening.timezone),
        listening.retention_days,
        listening.store_raw_text,
        listening.embeddings,
        keys,
        open_own_address(keys, listening.id, listening.own_number_enc),
    )
