"""How the service is."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Whether this process can serve."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "status": "ready",
                "database": "ok",
                "database_ms": 1.3,
                "pending_migrations": [],
                "queue_waiting": 3,
                "queue_lag_seconds": 0.4,
                "live": "ok",
                "live_silence_seconds": 2.1,
            }
        }
    )

    status: Literal["ready", "not_ready"]
    database: Literal["ok", "unreachable"]
    database_ms: float | None = Field(description="Round trip of one statement")
    pending_migrations: list[str] = Field(description="Run `evosense migrate` when there are any")
    queue_waiting: int | None = Field(description="Live AI work that could begin now and has not")
    queue_lag_seconds: float | None = Field(description="How long the oldest of it has waited")
    live: Literal["ok", "connecting"] = Field(description="The LISTEN connection")
    live_silence_seconds: float | None = Field(description="Since it last proved to be good; never above about 15")
