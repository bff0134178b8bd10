"""The states of a connection, and what each reason means to a person.

offline → connecting → joining → backfilling → live; live → offline when the link is lost. `refused` waits for a person:
the server said no for good. `stopped` was paused or removed. A connection that lives by webhooks alone is offline until
the first one came.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from evosense.connections.models import ConnectionState
from evosense.live.models import NewLiveEvent

_NO_REPAIR: Final = "no_repair_"
_STATES: Final[dict[ConnectionState, str]] = {
    "offline": "nobody listens at the moment",
    "connecting": "the link to the server is being opened",
    "joining": "waiting for the server to let us hear the instance",
    "backfilling": "fetching what was missed",
    "live": "everything is heard",
    "refused": "the server refused; put it right, then resume the connection",
    "stopped": "paused or removed by a person",
}
_REASONS: Final = {
    "http_400": "the server refused the key: enter the instance's token or the global key",
    "http_401": "the token is not this instance's: enter the right one",
    "http_403": "the server forbids the key: enter the instance's token or the global key",
    "http_404": "the server knows no such instance: check its name and the server's address",
    "license_required": "the server (2.4 or later) is not activated with its vendor: activate it, then resume",
    "not_socketio": "there is no Evolution API at this address: check it",
    "address_not_allowed": "the server's address is private: use a public one or allow it by EVO_ALLOWED_NETWORKS",
    "link_lost": "the link was lost; it is tried again by itself",
    "silent": "the server stored messages without telling us; the link was opened anew and they were fetched",
    "database_away": "the database can't be reached; it is tried again by itself",
    "not_opened": "its token or its company's keys can't be opened with this SECRET_KEY; `evosense doctor` says more",
    "no_token": "the connection has no token; enter the instance's, and missed messages are fetched",
    "listener_stopped": "the listener was stopped; start it with `evosense listen`",
    "removed": "removed by a person",
    "Invalid namespace": "the server makes the instance's channel with its first event; it is asked again by itself. "
    "If it stays so, switch the instance's WebSocket on; until then messages are fetched every few minutes",
    "disconnected": "the server put us out; joining is tried again by itself",
}


def explain_state(state: ConnectionState, reason: str | None) -> str:
    """One sentence for a person: what the state means, and what to do if something has to be done."""
    if reason is None:
        return _STATES[state]
    if reason.startswith(_NO_REPAIR):
        what = _REASONS.get(reason.removeprefix(_NO_REPAIR), "the server does not give old messages")
        return f"live events are heard, but missed ones can't be fetched: {what}"
    return _REASONS.get(reason, reason)


def state_event(
    tenant_id: UUID, connection_id: UUID, state: str, reason: str | None, whatsapp_state: str | None
) -> NewLiveEvent:
    """The live event of a connection's row that changed."""
    payload = {
        "connection_id": str(connection_id),
        "state": state,
        "reason": reason,
        "whatsapp_state": whatsapp_state,
    }
    return NewLiveEvent(tenant_id, "connection_state", "connections", payload)
