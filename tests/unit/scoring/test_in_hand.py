"""How many tasks the drain holds for a backend, by how soon it answers; and what a question's hash is over."""

import hashlib
from datetime import date
from uuid import UUID

import pytest
import rfc8785

from evosense.ai.lane import Lane
from evosense.ai.model_config import ModelConfig
from evosense.ai.protocols import ScoringAnswer, ScoringRequest
from evosense.ai.remote import RemoteScorer
from evosense.scoring.inputs import _Row, input_hash
from evosense.scoring.pipeline import tasks_in_hand

SLOTS = 10


class Timed(RemoteScorer):
    """Says that it took so long."""

    def __init__(self) -> None:
        super().__init__(ModelConfig(provider="ollama", model="timed", params={}), SLOTS)
        self.latency_ms = 0.0

    async def call(self, request):
        return ScoringAnswer("{}", latency_ms=self.latency_ms)

    async def identify(self):
        return None

    async def close(self):
        return None


async def answers(lane: Lane, latency_ms: float, calls: int) -> None:
    lane.scorer.latency_ms = latency_ms
    for _ in range(calls):
        assert isinstance(await lane.ask(ScoringRequest("oi"), priority=0), ScoringAnswer)


@pytest.mark.parametrize(("latency_ms", "per_slot"), [(3000, 3), (200, 3), (100, 5), (50, 9), (1, 10), (0, 10)])
async def test_the_sooner_a_backend_answers_the_more_is_in_hand(latency_ms, per_slot):
    lane = Lane(Timed())
    assert (lane.usual_seconds, tasks_in_hand(lane)) == (None, 3 * SLOTS)
    await answers(lane, latency_ms, 1)
    assert tasks_in_hand(lane) == per_slot * SLOTS


async def test_one_slow_answer_changes_little_and_many_do():
    lane = Lane(Timed())
    await answers(lane, 50, 1)
    await answers(lane, 3000, 1)
    assert 0.05 < lane.usual_seconds < 0.25
    await answers(lane, 3000, 200)
    assert lane.usual_seconds == pytest.approx(3, rel=0.01)
    assert tasks_in_hand(lane) == 3 * SLOTS


def test_the_hash_of_a_question_is_over_its_rfc_8785_bytes():
    ids = [UUID(int=n << 64 | n) for n in range(1, 4)]
    turns = [{"id": str(one), "direction": "in", "text": "ção", "revision": n} for n, one in enumerate(ids)]
    row = _Row(ids[0], ids[1], "oi", 7, ids[2], ids[2], date(2026, 1, 1), None, turns)
    question = {"message": str(ids[1]), "revision": 7, "context": [[str(one), n] for n, one in enumerate(ids)]}
    assert input_hash(row) == hashlib.sha256(rfc8785.dumps(question)).digest()
