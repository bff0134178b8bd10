"""Answers and official scores in the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import args_row

from evosense.db.arrays import BinaryArray, array
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


async def store_answers(
    connection: AsyncConnection[Any],
    scored: Sequence[Scored],
    columns: Mapping[str, BinaryArray],
    official: Collection[UUID],
) -> set[tuple[UUID, UUID]]:
    """Store answers with their `answer_columns`, valid or not; one stored by somebody else meanwhile stays.

    Answers which messages, as (tenant, message), have an official score by it: `as_analyzed` of a usable first answer
    to a question of the tasks `official`. The rest is for `store_scores`.
    """
    if not scored:
        return set()
    officials = [_is_plain(one) and one.question.task.id in official for one in scored]
    parameters = {**columns, "officials": array(bool, officials)}
    # In binary: ids as texts would be most of what the answer costs.
    cursor = await connection.execute(_QUERIES["store_answers"], parameters, binary=True)
    return set(await cursor.fetchall())


def _question_columns(questions: Sequence[Question]) -> dict[str, BinaryArray]:
    return {
        "tenant_ids": array(UUID, [q.task.tenant_id for q in questions]),
        "message_ids": array(UUID, [q.task.message_id for q in questions]),
        "input_hashes": array(bytes, [q.input.input_hash for q in questions]),
        "prompt_hashes": array(str, [q.prompt_hash for q in questions]),
        "config_hashes": array(str, [q.config_hash for q in questions]),
        "replicates": array(int, [q.replicate for q in questions]),
    }


def answer_columns(scored: Sequence[Scored]) -> dict[str, BinaryArray]:
    """Answers as parameters of `store_answers`: made while the server is busy with what comes before."""
    scores = [s.verdict.score for s in scored]
    return {
        **_question_columns([s.question for s in scored]),
        "ids": array(UUID, [new_id() for _ in scored]),
        "purposes": array(str, [s.question.task.purpose for s in scored]),
        "run_ids": array(UUID, [s.question.task.run_id for s in scored]),
        "statuses": array(str, [s.verdict.status for s in scored]),
        "sentiments": array(float, [score.sentiment if score else None for score in scores]),
        "satisfactions": array(int, [score.satisfaction if score else None for score in scores]),
        "emotions": array(str, [score.emotion if score else None for score in scores]),
        "tones": array(str, [score.tone if score else None for score in scores]),
        "summaries": array(str, [score.summary if score else None for score in scores]),
        "confidences": array(float, [score.confidence if score else None for score in scores]),
        "tokens_in": array(int, [s.answer.tokens_in for s in scored]),
        "tokens_out": array(int, [s.answer.tokens_out for s in scored]),
        "costs_micros": array(int, [round(1e6 * s.answer.cost_usd) for s in scored]),
        "queues_ms": array(int, [min(s.question.task.queue_ms, 2**31 - 1) for s in scored]),
        "latencies_ms": array(int, [round(s.answer.latency_ms) for s in scored]),
        "attempts": array(int, [s.question.task.attempts + 1 for s in scored]),
        "engine_versions": array(str, [s.answer.engine_version for s in scored]),
    }


def _is_plain(scored: Scored) -> bool:
    """A first answer that can be used: nothing is preferred to it."""
    return scored.verdict.score is not None and scored.question.replicate == 0


def as_analyzed(scored: Scored) -> Analyzed | None:
    """The score that a usable first answer becomes; None for any other answer."""
    score = scored.verdict.score
    if score is None or not _is_plain(scored):
        return None
    source = scored.question.input
    return Analyzed(source.tenant_id, source.message_id, score.sentiment, score.satisfaction, score.emotion, score.tone)


async def store_scores(connection: AsyncConnection[Any], questions: Sequence[Question]) -> list[Analyzed]:
    """Make the stored answers of these champion's questions official; answers what was written."""
    columns = _question_columns(questions)
    async with connection.cursor(row_factory=args_row(Analyzed)) as cursor:
        await cursor.execute(_QUERIES["store_scores"], columns)
        written = await cursor.fetchall()
    if len(written) < len(questions):
        stale = {key: columns[key] for key in ("tenant_ids", "message_ids", "input_hashes")}
        await connection.execute(_QUERIES["drop_stale_scores"], stale)
    return written


async def mark_dirty(connection: AsyncConnection[Any], inputs: Sequence[Input]) -> None:
    """Note which chats and local days have other numbers now."""
    await connection.execute(
        _QUERIES["mark_dirty"],
        {
            "tenant_ids": array(UUID, [i.tenant_id for i in inputs]),
            "chat_identity_ids": array(UUID, [i.chat_identity_id for i in inputs]),
            "local_days": array(date, [i.local_day for i in inputs]),
        },
    )
