"""A card says what is true: verdicts, gates, slices, noise floor, validity; and it is the same each time."""

import io
import xml.etree.ElementTree as ET

import numpy as np
import orjson
import polars as pl
import pytest

from evosense.errors import InvalidInput
from evosense.experiments.calibration import calibration_curve
from evosense.experiments.compare import compare_frame
from evosense.experiments.concurrence import chat_codes
from evosense.experiments.family import as_a_family
from evosense.experiments.load_card import card_from
from evosense.experiments.measures import MEASURES
from evosense.experiments.models import Arm, Guardrail, Question
from evosense.experiments.plots import path
from evosense.experiments.render import to_csv, to_html, to_markdown, to_parquet
from evosense.experiments.reports import canonical, report_hash
from evosense.experiments.slices import slices_of
from evosense.experiments.statistics import holm
from evosense.experiments.what_if import retention
from tests.unit.experiments.frames import paired

A, B = Arm("sentiment@champion", "p1:a", "c1:x"), Arm("sentiment@v2", "p1:b", "c1:x")


def card(frame: pl.DataFrame, question: Question | None = None, **options):
    return compare_frame(
        frame,
        baseline=A,
        candidate=B,
        question=question or Question(draws=300, flips=500),
        dataset_hash="d1:x",
        **options,
    )


@pytest.mark.parametrize(
    ("options", "goal", "outcome", "says"),
    [
        ({"shift": 0.06}, "better", "pass", "The candidate is better"),
        ({"shift": -0.06}, "better", "fail", "The candidate is worse"),
        ({"shift": 0.0}, "not_worse", "pass", "No difference that matters"),
        ({"shift": 0.0}, "same", "pass", "No difference that matters"),
        ({"shift": 0.06}, "same", "fail", "The candidate is better"),
        ({"shift": 0.06, "invalid": 0.1}, "better", "fail", "breaks the guardrail invalid"),
        ({"shift": 0.06, "slower": 1.5}, "better", "fail", "breaks the guardrail slow"),
    ],
)
def test_verdicts(options, goal, outcome, says):
    found = card(paired(1, 300, **options), Question(goal=goal, draws=300, flips=2_000))
    assert says in found.verdict
    assert found.outcome == outcome


def test_undecided_says_how_many_chats_would_tell():
    found = card(paired(2, 12), Question(margin=0.001, draws=300, flips=500))
    assert found.outcome == "undecided"
    assert "12 chats only: need about" in found.verdict
    with pytest.raises(InvalidInput, match="5 chats only: need about"):
        card(paired(3, 5))


def test_every_p_comes_with_what_it_takes_to_believe_it():
    found = card(paired(4, shift=0.05))
    effect = found.primary
    assert effect.low <= 0.05 <= effect.high
    assert effect.boot_low == pytest.approx(effect.low, abs=0.005)
    assert effect.deff > 1
    assert 0.1 < effect.icc < 0.5
    assert effect.effective_chats < effect.chats == 150
    assert all(other.adjusted_p >= other.p for other in found.effects)
    assert [p.share for p in found.latency] == [0.5, 0.95, 0.99]
    names = {c.name for c in found.agreement}
    assert {"emotion_kappa", "emotion_ac1", "sentiment_concordance", "sentiment_spearman"} <= names
    assert sum(map(sum, found.confusions[0].counts)) == found.coverage.paired


def test_missing_answers_are_counted_and_not_a_pass():
    frame = paired(5).with_columns(
        status_b=pl.when(pl.col("hour") == 8).then(None).otherwise(pl.col("status_b")),
    )
    found = card(frame)
    assert found.coverage.statuses_b["missing"] == int((frame["hour"] == 8).sum())
    assert found.coverage.paired == len(frame) - found.coverage.statuses_b["missing"]


def test_the_champions_own_noise_is_taken_off():
    frame = paired(6, shift=0.05)
    frame = frame.with_columns(status_r=pl.lit("ok"), sentiment_r=pl.col("sentiment_b"), emotion_r=pl.col("emotion_b"))
    floor = card(frame).noise_floor
    assert floor.excess == 0
    assert floor.self_disagreement == floor.cross_disagreement > 0
    assert floor.p == 1


def test_slices_find_where_it_differs_and_nothing_else():
    frame = paired(7, 400)
    frame = frame.with_columns(
        sentiment_b=pl.col("sentiment_b") + pl.when(pl.col("tenant") == "t1").then(0.08).otherwise(0.0)
    )
    found = slices_of(frame, MEASURES["sentiment"])
    claimed = {(part.dimension, part.value) for part in found if part.is_claimed}
    assert ("tenant", "t1") in claimed
    assert ("tenant", "t0") not in claimed
    one = next(part for part in found if (part.dimension, part.value) == ("tenant", "t1"))
    assert abs(one.shrunken) < abs(one.delta)
    assert [part.adjusted_p for part in found] == sorted(part.adjusted_p for part in found)
    null = slices_of(paired(8, 400), MEASURES["sentiment"])
    assert sum(part.is_claimed for part in null) == 0


def test_the_prompt_that_foretells_outcomes_is_seen():
    frame = paired(9, 300)
    rng = np.random.default_rng(9)
    means = frame.group_by("chat").agg(pl.col("sentiment_a").mean()).sort("chat")
    value = (means["sentiment_a"].to_numpy() + rng.normal(0, 0.1, len(means)) < -0.02).astype(float)
    outcomes = pl.DataFrame({"chat": means["chat"], "kind": "recontact_72h", "value": value})
    blurred = frame.with_columns(sentiment_b=pl.Series(rng.permutation(frame["sentiment_b"].to_numpy())))
    (found,) = card(blurred, outcomes=outcomes).validity
    assert found.auc_a > 0.8
    assert found.high < 0


def test_the_same_rows_give_the_same_bytes_and_read_back():
    first, second = card(paired(10, shift=0.03)), card(paired(10, shift=0.03))
    assert report_hash(first) == report_hash(second)
    back = card_from(orjson.loads(canonical(first)))
    assert canonical(back) == canonical(first)
    assert report_hash(card(paired(11, shift=0.03))) != report_hash(first)


def test_a_card_in_every_form_holds_aggregates_only():
    found = card(paired(12, shift=0.03))
    page = to_html(found, report_hash="r1:x")
    for drawing in page.split("<svg")[1:]:
        ET.fromstring("<svg" + drawing.split("</svg>")[0] + "</svg>")
    assert found.verdict.split(":")[0] in page
    assert "sentiment@v2 against sentiment@champion" in page
    assert "<script" not in page
    table = pl.read_parquet(io.BytesIO(to_parquet(found)))
    assert set(table["part"]) == {"measure", "slice"}
    assert not {"message_id", "chat", "text"} & set(table.columns)
    assert to_csv(found).startswith("measure,unit")
    assert "| gate | outcome | numbers |" in to_markdown(found)


def test_labels_do_not_run_into_markup():
    hostile = Arm("<b>v2</b>", "p1:b", "c1:x")
    question = Question(draws=300, flips=500)
    page = to_html(compare_frame(paired(13), baseline=A, candidate=hostile, question=question, dataset_hash="d1:x"))
    assert "<b>" not in page


def test_unknown_measures_are_named():
    with pytest.raises(InvalidInput, match="there are sentiment, satisfaction"):
        card(paired(14), Question(primary="happiness"))
    with pytest.raises(InvalidInput, match="no measure named 'speed'"):
        card(paired(14), Question(guardrails=(Guardrail("speed", 1),)))


def test_calibration_never_sees_the_chat_it_corrects():
    rng = np.random.default_rng(15)
    frame = paired(15, 400)
    scores = frame["sentiment_a"].to_numpy()
    labels = np.clip(np.tanh(2 * scores) + rng.normal(0, 0.1, len(scores)), -1, 1)
    chats = chat_codes(frame)
    calibrated, fold = calibration_curve(scores, labels, chats)
    assert np.abs(calibrated - labels).mean() < 0.7 * np.abs(scores - labels).mean()
    assert all(len(set(fold[chats.codes == chat])) == 1 for chat in range(20))
    with pytest.raises(InvalidInput, match="label more chats"):
        calibration_curve(scores[:3], labels[:3], chat_codes(frame[:3]), folds=5)


def test_a_confidence_sequence_can_be_drawn():
    infinite = float("inf")
    drawn = path([-infinite, -0.2, -0.1], [0.0, 0.05, 0.04], [infinite, 0.3, 0.2], title="sentiment", margin=0.02)
    ET.fromstring(drawn)
    assert path([-infinite], [0.0], [infinite], title="none", margin=0.02) == ""


def test_every_measure_tells_how_far_the_champion_moves_from_itself():
    frame = paired(12, shift=0.05)
    frame = frame.with_columns(
        status_r=pl.when(pl.col("hour") == 9).then(pl.lit("ok")),
        sentiment_r=(pl.col("sentiment_a") + 0.02).clip(-1, 1),
        latency_ms_r=pl.col("latency_ms_a") + 7,
        emotion_r=pl.col("emotion_a"),
    )
    found = card(frame)
    by_name = {effect.measure: effect for effect in found.effects}
    assert by_name["sentiment"].noise_floor == pytest.approx(0.02, abs=0.002)
    assert by_name["latency"].noise_floor == pytest.approx(7)
    assert by_name["invalid"].noise_floor == 0
    assert by_name["cost"].noise_floor is None
    assert by_name["sentiment"].moved > by_name["sentiment"].noise_floor
    for shown in (to_markdown(found), to_html(found)):
        assert "(0.02)" in shown
        assert "never asked twice" in shown
    assert all(part.deff > 0 and part.effective_chats <= part.chats for part in found.slices)
    assert card_from(orjson.loads(canonical(found))).primary.noise_floor == pytest.approx(0.02, abs=0.002)


def test_several_candidates_share_one_chance_of_a_false_claim():
    # Alone each of these is just below 0.05; of four such, one is expected by luck often enough.
    cards = (card(paired(seed, 40, shift=0.012)) for seed in range(40))
    one = next(found for found in cards if 0.0125 < found.primary.p < 0.05 and found.primary.delta > 0)
    barely = [one] * 4
    assert as_a_family([one]) == [one]
    family = as_a_family(barely)
    adjusted = holm([found.primary.p for found in barely]).p
    assert [found.primary.adjusted_p for found in family] == adjusted.tolist()
    assert [found.gates[0].outcome for found in barely] == ["pass"] * 4
    assert [found.gates[0].outcome for found in family] == ["undecided"] * 4
    assert all("The candidate is better" not in found.verdict for found in family)
    # What is far from luck stays what it was.
    clear = card(paired(1, 300, shift=0.06))
    assert as_a_family([clear, *barely])[0].outcome == clear.outcome == "pass"


def test_retention_is_counted_by_the_mood_that_each_prompt_saw():
    frame = pl.DataFrame(
        {
            "chat": ["left", "left", "kept", "calm", "young"],
            "status_a": "ok",
            "status_b": "ok",
            "sentiment_a": [0.3, 0.1, 0.6, 0.0, -1.0],
            "sentiment_b": [-0.5, -0.3, 0.6, 0.0, -1.0],
        }
    )
    returns = pl.DataFrame({"chat": ["left", "kept", "calm"], "returned": [False, True, True]})
    assert retention(frame, returns).rows() == [
        ("negative", 0, None, 1, 0.0),
        ("neutral", 1, 100.0, 1, 100.0),
        ("positive", 2, 50.0, 1, 100.0),
    ]
    with pytest.raises(InvalidInput, match="old enough"):
        retention(frame, returns.clear())


def test_a_category_left_out_is_a_category():
    frame = paired(13).with_columns(
        emotion_b=pl.when(pl.col("hour") == 8).then(None).otherwise(pl.col("emotion_b")), tone_a=None
    )
    found = card(frame)
    assert "?" in found.confusions[0].categories
    assert sum(map(sum, found.confusions[0].counts)) == found.coverage.paired
