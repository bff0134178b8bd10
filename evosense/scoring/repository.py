"""Answers and official scores in the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.scoring.models import Analyzed, Input, Question, Scored

_QUERIES = load("evosense.scoring")


async def find_answered(connection: AsyncConnection[Any], questions: Sequence[Question]) -> dict[int, str]:
    """Which questions were answered before: index in `questions` -> status."""
    if not questions:
        return {}
    rows = await (await connection.execute(_QUERIES["find_answered"], _question_columns(questions))).fetchall()
    return {int(row[0]) - 1: str(row[1]) for row in rows}


async def store_inferences(connection: AsyncConnection[Any], scored: Sequence[Scored]) -> None:
    """Store answers, valid or not; one stored by somebody else meanwhile stays."""
    if scored:
        await connection.execute(_QUERIES["store_inferences"], _inference_columns(scored))


def _question_columns(questions: Sequence[Question]) -> dict[str, list[Any]]:
    return {
        "tenant_ids": [q.task.tenant_id for q in questions],
        "message_ids": [q.task.message_id for q in questions],
        "input_hashes": [q.input.input_hash for q in questions],
        "prompt_hashes": [q.prompt_hash for q in questions],
        "config_hashes": [q.config_hash for q in questions],
        "replicates": [q.replicate for q in questions],
    }


def _inference_columns(scored: Sequence[Scored]) -> dict[str, list[Any]]:
    scores = [s.verdict.score for s in scored]
    return {
        **_question_columns([s.question for s in scored]),
        "ids": [new_id() for _ in scored],
        "purposes": [s.question.task.purpose for s in scored],
        "run_ids": [s.question.task.run_id for s in scored],
        "statuses": [s.verdict.status for s in scored],
        "sentiments": [score.sentiment if score else None for score in scores],
        "satisfactions": [score.satisfaction if score else None for score in scores],
        "emotions": [score.emotion if score else None for score in scores],
        "tones": [score.tone if score else None for score in scores],
        "summaries": [score.summary if score else None for score in scores],
        "confidences": [score.confidence if score else None for score in scores],
        "tokens_in": [s.answer.tokens_in for s in scored],
        "tokens_out": [s.answer.tokens_out for s in scored],
        "costs_micros": [round(1e6 * s.answer.cost_usd) for s in scored],
        "queues_ms": [min(s.question.task.queue_ms, 2**31 - 1) for s in scored],
        "latencies_ms": [round(s.answer.latency_ms) for s in scored],
        "attempts": [s.question.task.attempts + 1 for s in scored],
        "engine_versions": [s.answer.engine_version for s in scored],
    }


async def store_scores(connection: AsyncConnection[Any], questions: Sequence[Question]) -> list[Analyzed]:
    """Make the stored answers of these champion's questions official; answers what was written."""
    if not questions:
        return []
    columns = _question_columns(questions)
    async with connection.cursor(row_factory=class_row(Analyzed)) as cursor:
        await cursor.execute(_QUERIES["store_scores"], columns)
        written = await cursor.fetchall()
    stale = {key: columns[key] for key in ("tenant_ids", "message_ids", "input_hashes")}
    await connection.execute(_QUERIES["drop_stale_scores"], stale)
    return written


async def mark_dirty(connection: AsyncConnection[Any], inputs: Sequence[Input]) -> None:
    """Note which chats and local days have other numbers now."""
    await connection.execute(
        _QUERIES["mark_dirty"],
        {
            "tenant_ids": [i.tenant_id for i in inputs],
            "chat_identity_ids": [i.chat_identity_id for i in inputs],
            "local_days": [i.local_day for i in inputs],
        },
    )
