"""What of a model's answer counts."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evosense.ai.protocols import ScoringAnswer
from evosense.scoring.contract import validate

GOOD = {
    "sentiment_x100": -40,
    "satisfaction": 20,
    "emotion": "raiva",
    "tone": "rispido",
    "summary": "Reclama do atraso.",
}


def judged(content, **answer):
    return validate(ScoringAnswer(content, **answer), message_text="o pedido atrasou")


def test_a_good_answer():
    verdict = judged(json.dumps(GOOD))
    assert verdict.status == "ok"
    assert verdict.score.sentiment == -0.4


def test_nothing_to_see_has_a_summary_like_itself():
    blank = {**GOOD, "summary": ""}
    assert validate(ScoringAnswer(blank), message_text=" \u200b\n").status == "ok"
    assert validate(ScoringAnswer(blank), message_text="👍").reason == "summary:blank"


BODY = json.dumps(GOOD)


@pytest.mark.parametrize("text", [f"```json\n{BODY}\n```", BODY[:-1] + ",}", f"```\n{BODY[:-1]}, }}\n```"])
def test_mechanical_repairs_are_counted(text):
    assert judged(text).status == "repaired"


@pytest.mark.parametrize(
    "change",
    [
        {"sentiment_x100": 101},
        {"sentiment_x100": -101},
        {"sentiment_x100": 0.4},
        {"sentiment_x100": "40"},
        {"sentiment_x100": True},
        {"sentiment_x100": None},
        {"satisfaction": 101},
        {"satisfaction": -1},
        {"emotion": "positivo"},
        {"tone": ""},
        {"summary": "x" * 201},
        {"summary": ""},
        {"summary": " \n\u200b\u3164"},
        {"summary": "O cpf é 1 2 3 4 5 6 7 8 9 0 9."},
        {"summary": "a\x00b"},
        {"summary": "veja https://golpe.example"},
        {"summary": "<script>x</script>"},
        {"confidence": 1.1},
        {"confidence": float("nan")},
        {"confidence": float("inf")},
        {"extra": 1},
    ],
)
def test_whatever_is_off_makes_it_invalid(change):
    for content in ({**GOOD, **change}, json.dumps({**GOOD, **change})):
        verdict = judged(content)
        assert verdict.status == "invalid"
        assert verdict.score is None


@pytest.mark.parametrize("missing", GOOD)
def test_every_field_is_needed(missing):
    assert judged({key: value for key, value in GOOD.items() if key != missing}).status == "invalid"


@pytest.mark.parametrize("text", ["", "[]", "null", "5", '"x"', json.dumps(GOOD)[:-5], "[" * 100_000])
def test_what_is_no_object_is_invalid(text):
    assert judged(text).status == "invalid"


def test_an_unfinished_answer_is_never_used():
    assert judged(json.dumps(GOOD), finish="length").status == "truncated"
    assert judged(json.dumps(GOOD), finish="refusal").status == "refused"


def test_markup_that_the_customer_wrote_may_be_quoted():
    answer = ScoringAnswer({**GOOD, "summary": "Pergunta sobre www.loja.com"})
    assert validate(answer, message_text="o site WWW.loja.com caiu").status == "ok"


def test_the_reason_names_a_field_and_never_what_the_model_said():
    assert judged({**GOOD, "sentiment_x100": 900}).reason == "sentiment_x100:less_than_equal"
    assert judged({**GOOD, "Maria Silva": 1}).reason == "unknown_field:extra_forbidden"


@given(st.text())
def test_any_text_gets_a_verdict(text):
    assert judged(text).status in {"ok", "repaired", "invalid"}


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.dictionaries(st.text(), x)))
def test_any_object_gets_a_verdict(value):
    assert judged({"sentiment_x100": value, **{k: v for k, v in GOOD.items() if k != "sentiment_x100"}}).status in {
        "invalid"
    }
