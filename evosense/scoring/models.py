"""What passes between the steps of scoring a batch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from evosense.ai.protocols import ScoringAnswer, Turn
from evosense.ai.tasks import Task
from evosense.scoring.contract import Verdict


@dataclass(frozen=True, slots=True)
class Input:
    """A message as it stands at the claim: its text, the frozen context, and where it belongs.

    `chat_id` is the opaque id shown outside; `local_day` is the tenant's own date of the message.
    """

    tenant_id: UUID
    message_id: UUID
    input_hash: bytes
    text: str
    context: tuple[Turn, ...]
    chat_identity_id: UUID
    chat_id: UUID
    local_day: date


# A re-ask is a replicate of its own, far from those that A/A runs ask for.
REASK_REPLICATE = 1000


@dataclass(frozen=True, slots=True)
class Question:
    """A task with its input and the prompt and model it is asked under; `is_reask` after an invalid answer."""

    task: Task
    input: Input
    prompt_hash: str
    config_hash: str
    is_reask: bool = False

    @property
    def replicate(self) -> int:
        """Part of the answer's identity: the task's, or the re-ask's."""
        return self.task.replicate + REASK_REPLICATE * self.is_reask

    @property
    def may_be_reasked(self) -> bool:
        """Only the champion's answer is worth a second call: experiments compare first answers with first answers."""
        return not self.is_reask and self.task.purpose == "prod"


@dataclass(frozen=True, slots=True)
class Scored:
    """A question with its answer judged."""

    question: Question
    answer: ScoringAnswer
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Analyzed:
    """A message whose official score was written now, as the database holds it."""

    tenant_id: UUID
    message_id: UUID
    sentiment: float
    satisfaction: int
    emotion: str
    tone: str


@dataclass(frozen=True, slots=True)
class Done:
    """One piece of work that ended or was put off, for counting: no text, no names.

    Attributes:
        kind: score or embed.
        day: the tenant-local day it belongs to; None when the message is gone.
        status: ok, repaired, invalid, truncated, refused, reused, skipped, superseded, retried, waiting (its backend is
            away), dropped (a challenger's, meanwhile), reasked (beside the answer's own status) or failed.
        latency_ms: of the call; queue_ms: wait before it.
        cost_micros: millionths of a US dollar.
    """

    kind: str
    day: date | None
    status: str
    latency_ms: float = 0.0
    queue_ms: int = 0
    cost_micros: int = 0
