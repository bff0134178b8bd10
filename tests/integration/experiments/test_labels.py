"""Labels: drawn with known chances, asked of two people, held against both prompts."""

from collections import Counter

import numpy as np
import pytest

from evosense.db.ids import EVERYONE, new_id
from evosense.errors import InvalidInput, NotFound
from evosense.experiments.labels import (
    Candidate,
    Label,
    agreement,
    draw,
    gold_set,
    request_labels,
    store_label,
    waiting_for,
)
from evosense.experiments.reports import compare_arms
from evosense.testing.scripted_scorer import Effect
from tests.integration.experiments.test_replay import requested, through


def candidates(agreeing: int, disagreeing: int) -> list[Candidate]:
    return [
        Candidate(EVERYONE, new_id(), "neutro", "raiva" if n < disagreeing else "neutro", 0.0)
        for n in range(agreeing + disagreeing)
    ]


def test_disagreements_are_drawn_more_often_and_chances_are_known():
    drawn = draw(candidates(900, 100), 100)
    found = Counter(one.candidate.stratum for one in drawn)
    assert found == {"disagree": 50, "agree neutro": 50}
    assert {one.candidate.stratum: one.pi for one in drawn} == {"disagree": 0.5, "agree neutro": 50 / 900}
    # Weighted by 1/pi the sample stands for all.
    assert sum(1 / one.pi for one in drawn) == pytest.approx(1_000)
    assert draw(candidates(5, 0), 50)[0].pi == 1.0
    with pytest.raises(InvalidInput, match="ask for more"):
        draw(candidates(5, 5), 1)


async def test_people_decide_which_prompt_is_closer_to_them(scored_world):
    """Labels follow the champion's own scale, so the shifted prompt is further away from people."""
    await scored_world.prompt(Effect(-0.2))
    run = await through(scored_world, await requested(scored_world, "v2"))
    tenant_id = scored_world.tenant_id
    rng = np.random.default_rng(1)
    async with scored_world.pool.connection() as connection:
        _, drawn = await request_labels(connection, run.dataset_hash, *run.resolved, size=80, raters=2)
        own = dict(
            await (
                await connection.execute(
                    "select message_id, sentiment::float8 from app.message_score where tenant_id = %s", (tenant_id,)
                )
            ).fetchall()
        )
        for rater in ("ana", "rui"):
            for asked in await waiting_for(connection, tenant_id, rater, limit=200):
                value = float(np.clip(round(own[asked.message_id] + rng.normal(0, 0.05), 2), -1, 1))
                await store_label(connection, tenant_id, rater, Label(asked.message_id, value, emotion="neutro"))
        assert await waiting_for(connection, tenant_id, "ana") == []
        assert await waiting_for(connection, tenant_id, "eva") == []
        alpha = await agreement(connection)
        gold, again = await gold_set(connection), await gold_set(connection)
        card = await compare_arms(connection, run.dataset_hash, *run.resolved)
    assert alpha.estimate > 0.9
    assert gold.dataset_hash == again.dataset_hash
    assert len(gold.items) == len(drawn)
    calibration = card.calibration
    assert (calibration.labels, calibration.raters) == (len(drawn), 2)
    assert calibration.mae_a < 0.06 < calibration.mae_b
    assert calibration.mae_low > 0.05
    # Shifted by a constant, it is as good as the champion once its scale is bent to the people's.
    assert calibration.calibrated_mae_b < calibration.mae_b / 2
    assert calibration.calibrated_mae_b == pytest.approx(calibration.calibrated_mae_a, abs=0.05)
    # What people would say of all messages: the champion's mean, from the shifted prompt's scores and the labels.
    assert calibration.truth_low <= np.mean(list(own.values())) <= calibration.truth_high
    assert next(e for e in card.effects if e.measure == "label_error").delta > 0.05


async def test_a_label_belongs_to_a_message_of_the_tenant(world, other_tenant_id):
    await world.fill(1)
    [(message_id,), *_] = await world.rows("select id from app.message")
    async with world.pool.connection() as connection:
        with pytest.raises(NotFound):
            await store_label(connection, other_tenant_id, "ana", Label(message_id, 0.5))
        await store_label(connection, world.tenant_id, "ana", Label(message_id, 0.5))
        await store_label(connection, world.tenant_id, "ana", Label(message_id, -0.5))
    assert await world.rows("select sentiment::float8 from app.human_label") == [(-0.5,)]
    with pytest.raises(InvalidInput, match=r"within -1\.\.1"):
        Label(message_id, 3)
    with pytest.raises(InvalidInput, match="emotion is one of"):
        Label(message_id, 0, emotion="feliz")
