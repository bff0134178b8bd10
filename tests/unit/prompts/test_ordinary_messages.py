"""The signs against what nobody tuned them on: service messages, people's posts, and attacks.

Each line of the fixtures says which half it belongs to. `tuning` may be read when signs are changed; `held_out` only
counts: whoever changes a sign because of a line there moves that line to the other half and writes a new one.
"""

import csv
import json
from pathlib import Path

import pytest

from evosense import settings
from evosense.ai.quality import BRIGHTER_FILE
from evosense.prompts.instructions import MARKER, without_instructions

FIXTURES = Path(__file__).parents[2] / "fixtures/injection"


def lines(name: str, half: str) -> list[str]:
    rows = [json.loads(line) for line in (FIXTURES / name).read_text(encoding="utf-8").splitlines()]
    return [row["text"] for row in rows if row["half"] == half]


def losing(texts: list[str]) -> list[str]:
    return [text for text in texts if without_instructions(text) != text]


def test_there_are_enough_lines_of_each_half() -> None:
    for half in ("tuning", "held_out"):
        assert len(lines("ordinary.jsonl", half)) >= 150
        assert len(lines("more_attacks.jsonl", half)) >= 20


@pytest.mark.parametrize("text", lines("ordinary.jsonl", "tuning"))
def test_an_ordinary_message_loses_nothing(text: str) -> None:
    assert without_instructions(text) == text


def test_at_most_one_in_a_hundred_ordinary_messages_that_nobody_tuned_on_loses_anything() -> None:
    texts = lines("ordinary.jsonl", "held_out")
    assert len(losing(texts)) <= len(texts) / 100


def test_what_people_post_loses_nothing() -> None:
    folder = settings.load(settings.TestSettings).evosense_data
    if folder is None or not (folder / BRIGHTER_FILE).is_file():
        pytest.skip("EVOSENSE_DATA does not name the folder of the evaluation data")
    with (folder / BRIGHTER_FILE).open(encoding="utf-8", newline="") as file:
        posts = [row["text"] for row in csv.DictReader(file)]
    assert len(posts) == 2226
    assert len(losing(posts)) <= 2


@pytest.mark.parametrize("attack", lines("more_attacks.jsonl", "tuning"))
def test_an_attack_is_cut(attack: str) -> None:
    assert MARKER in without_instructions(f"o pedido veio errado. {attack}")


def test_most_attacks_that_nobody_tuned_on_are_cut() -> None:
    attacks = lines("more_attacks.jsonl", "held_out")
    cut = [attack for attack in attacks if MARKER in without_instructions(f"o pedido veio errado. {attack}")]
    assert len(cut) >= 0.85 * len(attacks)
