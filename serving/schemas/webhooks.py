"""What Evolution servers are answered."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class WebhookReceived(BaseModel):
    """The event is stored durably; a repeat is answered the same and changes nothing."""

    model_config = ConfigDict(json_schema_extra={"example": {"received": True, "messages": 1, "changes": 0}})

    received: bool
    messages: int = Field(description="Messages that we did not have")
    changes: int = Field(description="Edits, deletions, statuses and reactions that we did not have")
