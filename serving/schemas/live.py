"""Live events on the wire, the same by WebSocket and by `GET /api/live`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from evosense.live.models import EventType


class LiveFrame(BaseModel):
    """One event. `seq` counts without holes within a company."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "v": 1,
                "seq": 42,
                "type": "message_analyzed",
                "payload": {
                    "message_id": "01997a5c-3c43-7d3a-b6f1-2f6c1f4f6a10",
                    "chat_id": "01997a5c-1111-7d3a-b6f1-2f6c1f4f6a10",
                    "sentiment": -0.62,
                    "satisfaction": 21,
                    "emotion": "frustracao",
                    "tone": "urgente",
                    "day": "2026-11-20",
                },
            }
        }
    )

    v: Literal[1] = 1
    seq: int
    type: EventType
    payload: dict[str, Any]


class CatchUpPage(BaseModel):
    """What happened after a number."""

    events: list[LiveFrame]
    newest: int = Field(description="The company's newest number")
    has_more: bool = Field(description="Ask again after the last of `events`")
    resync: bool = Field(description="The number is too old: read everything again and go on from `newest`")
