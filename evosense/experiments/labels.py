"""What people say: which messages to ask them about, their answers, how far they agree, and gold sets by hash."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import orjson
from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.db.ids import EVERYONE, new_id
from evosense.db.named_queries import load
from evosense.errors import InvalidInput, NotFound
from evosense.experiments.compare import seed_of
from evosense.experiments.datasets import DATASET_HASH_SCHEME, Dataset, Item
from evosense.experiments.models import Arm
from evosense.experiments.statistics import KrippendorffAlpha, krippendorff_alpha
from evosense.prompts.default import EMOTIONS, TONES

_QUERIES = load("evosense.experiments", "labels.sql")
_DATASETS = load("evosense.experiments", "datasets.sql")
RUBRIC = "sentiment-1"
# Of the messages to label, this share goes to those on which the arms disagree, however rare they are.
_DISAGREEMENT_SHARE = 0.5
_WIDE_GAP = 0.3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message that could be labelled, and where the arms put it."""

    tenant_id: UUID
    message_id: UUID
    emotion_a: str
    emotion_b: str
    gap: float

    @property
    def stratum(self) -> str:
        """Disagree where the emotions differ or the sentiments lie far apart, else the baseline's emotion."""
        if self.emotion_a != self.emotion_b or self.gap >= _WIDE_GAP:
            return "disagree"
        return f"agree {self.emotion_a}"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A message to label with the known probability with which it was drawn."""

    candidate: Candidate
    pi: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits for a rater; its text is read now."""

    batch_id: UUID
    message_id: UUID
    text: str
    raters_wanted: int


@dataclass(frozen=True, slots=True)
class Label:
    """What a rater says about a message."""

    message_id: UUID
    sentiment: float
    satisfaction: int | None = None
    emotion: str | None = None
    tone: str | None = None

    def __post_init__(self) -> None:
        if not -1 <= self.sentiment <= 1 or (self.satisfaction is not None and not 0 <= self.satisfaction <= 100):
            message = "sentiment lies within -1..1, satisfaction within 0..100"
            raise InvalidInput(message)
        if self.emotion not in (None, *EMOTIONS) or self.tone not in (None, *TONES):
            message = f"emotion is one of {', '.join(EMOTIONS)}; tone one of {', '.join(TONES)}"
            raise InvalidInput(message)


@dataclass(frozen=True, slots=True)
class _Stored:
    tenant_id: UUID
    message_id: UUID
    rater: str
    sentiment: float
    emotion: str | None


def draw(candidates: Sequence[Candidate], size: int, *, seed: int = 0) -> list[Drawn]:
    """Draw `size` messages: half from the disagreements, the rest over the strata in proportion; pure.

    Within a stratum it is simple random sampling without replacement, so pi = drawn / there, and every message has a
    chance above 0 (a stratum gets one at least), which is what makes weighting by 1/pi unbiased.

    Raises:
        InvalidInput: nothing to draw from, or size below the number of strata.
    """
    strata: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        strata.setdefault(candidate.stratum, []).append(candidate)
    if not strata or size < len(strata):
        message = f"{size} labels can't be drawn from {len(candidates)} messages in {len(strata)} strata; ask for more"
        raise InvalidInput(message)
    rng = np.random.default_rng(seed)
    drawn: list[Drawn] = []
    for name, wanted in _allocate({name: len(found) for name, found in strata.items()}, size).items():
        there = strata[name]
        picked = rng.choice(len(there), size=wanted, replace=False)
        drawn += [Drawn(there[place], wanted / len(there)) for place in sorted(picked.tolist())]
    return drawn


def _allocate(sizes: dict[str, int], size: int) -> dict[str, int]:
    """How many of each stratum: all of it at most, one at least."""
    wanted: dict[str, int] = {}
    left, agreeing = size, sum(count for name, count in sizes.items() if name != "disagree")
    if "disagree" in sizes:
        wanted["disagree"] = min(sizes["disagree"], max(1, round(size * _DISAGREEMENT_SHARE)))
        left -= wanted["disagree"]
    for name, count in sizes.items():
        if name != "disagree":
            wanted[name] = min(count, max(1, round(left * count / agreeing)))
    return wanted


async def request_labels(
    connection: AsyncConnection[Any],
    dataset_hash: str,
    baseline: Arm,
    candidate: Arm,
    *,
    size: int,
    tenant_ids: Sequence[UUID] | None = None,
    raters: int = 2,
    rubric_version: str = RUBRIC,
) -> tuple[UUID, list[Drawn]]:
    """Draw messages that both arms scored and put them before people; answers the batch and what is in it."""
    params = {
        "dataset_hash": dataset_hash,
        "baseline_hash": baseline.prompt_hash,
        "candidate_hash": candidate.prompt_hash,
        "config_hash": candidate.config_hash,
        "tenant_ids": None if tenant_ids is None else list(tenant_ids),
        "rubric_version": rubric_version,
    }
    async with connection.cursor(row_factory=class_row(Candidate)) as cursor:
        await cursor.execute(_QUERIES["candidates"], params)
        found = await cursor.fetchall()
    drawn = draw(found, size, seed=seed_of(dataset_hash, baseline.prompt_hash, candidate.prompt_hash))
    batch_id = new_id()
    columns = {
        "batch_id": batch_id,
        "raters_wanted": raters,
        "tenant_ids": [one.candidate.tenant_id for one in drawn],
        "message_ids": [one.candidate.message_id for one in drawn],
        "strata": [one.candidate.stratum for one in drawn],
        "pis": [one.pi for one in drawn],
    }
    await connection.execute(_QUERIES["request_labels"], columns)
    return batch_id, drawn


async def waiting_for(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    rater: str,
    *,
    rubric_version: str = RUBRIC,
    limit: int = 20,
) -> list[Waiting]:
    """Messages that still want this rater; nobody is shown what others said."""
    params = {"tenant_id": tenant_id, "rater": rater, "rubric_version": rubric_version, "limit": limit}
    async with connection.cursor(row_factory=class_row(Waiting)) as cursor:
        await cursor.execute(_QUERIES["waiting"], params)
        return await cursor.fetchall()


async def store_label(
    connection: AsyncConnection[Any], tenant_id: UUID, rater: str, label: Label, *, rubric_version: str = RUBRIC
) -> None:
    """Keep what a rater says; said again, the newer word holds. Raises NotFound without such a message."""
    params = {
        "tenant_id": tenant_id,
        "message_id": label.message_id,
        "rater": rater,
        "rubric_version": rubric_version,
        "sentiment": label.sentiment,
        "satisfaction": label.satisfaction,
        "emotion": label.emotion,
        "tone": label.tone,
    }
    if await (await connection.execute(_QUERIES["store_label"], params)).fetchone() is None:
        raise NotFound


async def agreement(
    connection: AsyncConnection[Any], *, tenant_ids: Sequence[UUID] | None = None, rubric_version: str = RUBRIC
) -> KrippendorffAlpha:
    """How far raters agree on sentiment: Krippendorff's alpha, interval.

    Raises:
        InvalidInput: no message has two labels yet, or everybody always said the same.
    """
    rows = await _labels(connection, tenant_ids, rubric_version)
    raters = {name: place for place, name in enumerate(sorted({row.rater for row in rows}))}
    messages = {one: place for place, one in enumerate(sorted({row.message_id for row in rows}))}
    table = np.full((max(len(raters), 1), max(len(messages), 1)), np.nan)
    for row in rows:
        table[raters[row.rater], messages[row.message_id]] = row.sentiment
    return krippendorff_alpha(table, level="interval")


async def _labels(
    connection: AsyncConnection[Any], tenant_ids: Sequence[UUID] | None, rubric_version: str
) -> list[_Stored]:
    params = {
        "rubric_version": rubric_version,
        "tenant_ids": None if tenant_ids is None else list(tenant_ids),
    }
    async with connection.cursor(row_factory=class_row(_Stored)) as cursor:
        await cursor.execute(_QUERIES["labels"], params)
        return await cursor.fetchall()


async def gold_set(
    connection: AsyncConnection[Any], *, tenant_ids: Sequence[UUID] | None = None, rubric_version: str = RUBRIC
) -> Dataset:
    """Freeze the labelled messages as a dataset of kind `gold`, named by messages, inputs and labels.

    Raises:
        InvalidInput: nothing was labelled yet.
    """
    params = {"rubric_version": rubric_version, "tenant_ids": None if tenant_ids is None else list(tenant_ids)}
    rows = await (await connection.execute(_QUERIES["gold_items"], params)).fetchall()
    if not rows:
        message = f"nothing was labelled under {rubric_version} yet"
        raise InvalidInput(message)
    said = await _labels(connection, tenant_ids, rubric_version)
    digest = hashlib.sha256(b"".join(row[1].bytes + row[4] for row in sorted(rows, key=lambda row: row[1].bytes)))
    digest.update(b"".join(f"{one.message_id}{one.rater}{one.sentiment}{one.emotion}".encode() for one in said))
    scope = tenant_ids[0] if tenant_ids is not None and len(tenant_ids) == 1 else EVERYONE
    named = DATASET_HASH_SCHEME + digest.hexdigest()
    header = {
        "tenant_id": scope,
        "dataset_hash": named,
        "kind": "gold",
        "definition": orjson.dumps({"rubric_version": rubric_version, "labels": len(said)}).decode(),
        "item_count": len(rows),
    }
    await connection.execute(_DATASETS["store_dataset"], header)
    columns = {
        "dataset_hash": named,
        "tenant_ids": [row[0] for row in rows],
        "message_ids": [row[1] for row in rows],
        "chat_ids": [row[2] for row in rows],
        "local_days": [row[3] for row in rows],
        "input_hashes": [row[4] for row in rows],
        "weights": [1 / row[5] for row in rows],
    }
    await connection.execute(_DATASETS["store_items"], columns)
    return Dataset(scope, named, [Item(row[0], row[1], row[2], row[3], row[4]) for row in rows])
