"""The student: it learns what it is told, says how well, names its weights and keeps the contract."""

import uuid

import numpy as np
import pytest

from evosense.ai.protocols import ScoringAnswer, ScoringRequest
from evosense.ai.student.features import DIMENSIONS, read_rows
from evosense.ai.student.model import StudentModel, ridge
from evosense.ai.student.scorer import StudentScorer
from evosense.ai.student.train import FEWEST, Example, train
from evosense.scoring.contract import validate

# A company's own words, which no general list knows: "xarope" is bad here, "piruleta" good.
KINDS = (
    ("o xarope de {} chegou", -0.8, "raiva"),
    ("quero outra piruleta {}", 0.8, "alegria"),
    ("onde fica {}", 0.0, "neutro"),
)


def examples(count: int = 900) -> list[Example]:
    found = []
    for number in range(count):
        text, sentiment, emotion = KINDS[number % 3]
        chat = uuid.UUID(int=number // 3)
        found.append(Example(chat, text.format(f"palavra{number % 40}"), sentiment, None, emotion, number % 10 == 0))
    return found


@pytest.fixture(scope="module")
def trained():
    return train(examples())


def test_it_learns_what_the_rules_cannot_know(trained):
    model, quality = trained
    assert quality.held_out == 180
    assert quality.trained_on == 720
    assert quality.by_person == 90
    assert quality.macro_f1 > 0.95 > 0.6 > quality.rules_macro_f1
    assert quality.sentiment_error < 0.15
    assert quality.emotion_accuracy > 0.95
    assert set(model.emotions) == {"raiva", "alegria", "neutro"}


def test_too_little_teaches_nothing():
    assert train(examples(FEWEST - 1)) is None


def test_the_same_examples_make_the_same_model_and_others_another(trained):
    model, _ = trained
    again, _ = train(examples())
    other, _ = train(examples(600))
    assert again.config.config_hash == model.config.config_hash != other.config.config_hash
    assert model.config.provider == "student"
    stored = StudentModel.from_bytes(model.to_bytes())
    assert stored.config.config_hash == model.config.config_hash
    assert len(model.to_bytes()) < 1_000_000


async def test_its_answers_keep_the_contract(trained):
    scorer = StudentScorer(trained[0])
    texts = [
        "o xarope chegou",
        "quero piruleta",
        "bom dia",
        "",
        "\x00",
        "a" * 9_000,
        "😡" * 50,
        "<b>oi</b> http://x.com",
    ]
    answers = await scorer.score([ScoringRequest(text) for text in texts])
    for text, answer in zip(texts, answers, strict=True):
        assert isinstance(answer, ScoringAnswer)
        assert validate(answer, message_text=text).status == "ok"
    assert answers[0].content["sentiment_x100"] < -40
    assert answers[0].content["emotion"] == "raiva"
    assert answers[1].content["emotion"] == "alegria"
    assert answers[2].content["sentiment_x100"] == 0  # small talk, whatever was learned


def test_ridge_agrees_with_the_closed_form():
    rows = read_rows(["bom", "ruim", "bom dia", "muito ruim", ""])
    wanted = np.array([1.0, -1.0, 0.5, -0.9, 0.0])
    dense = np.zeros((5, DIMENSIONS))
    for n in range(5):
        part = slice(rows.starts[n], rows.starts[n + 1])
        dense[n, rows.columns[part]] = rows.values[part]
    # The dual form needs a 5 x 5 system only.
    dual = dense.T @ np.linalg.solve(dense @ dense.T + 0.5 * np.eye(5), wanted - wanted.mean())
    assert np.allclose(ridge(rows, wanted)[:-1], dual, atol=1e-4)
