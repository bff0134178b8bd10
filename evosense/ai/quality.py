"""How well the embedded scorer tells negative, neutral and positive, beside plain LeIA, on labelled texts.

The BRIGHTER rule: joy without anger, disgust, fear or sadness is positive; any of those without joy is
negative; none of the six emotions is neutral; every other row is left out.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from evosense.ai.embedded.emotion import NEUTRAL_BELOW
from evosense.ai.embedded.scorer import MODEL_NAME, judge
from evosense.ai.embedded.text import fold
from evosense.errors import InvalidInput

Label = Literal["negative", "neutral", "positive"]
LABELS: tuple[Label, ...] = ("negative", "neutral", "positive")
BRIGHTER_FILE = "brighter_ptbr_test.csv"
_UNPLEASANT = ("anger", "disgust", "fear", "sadness")
_WORDS: dict[str, Label] = {
    "negative": "negative", "negativo": "negative", "neg": "negative", "-1": "negative",
    "neutral": "neutral", "neutro": "neutral", "neu": "neutral", "0": "neutral",
    "positive": "positive", "positivo": "positive", "pos": "positive", "1": "positive", "+1": "positive",
    "negativa": "negative", "neutra": "neutral", "positiva": "positive",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Quality:
    """What one scorer reached: name, rows judged, macro-F1 and each label's F1, all 0..1."""

    scorer: str
    rows: int
    macro_f1: float
    f1: dict[Label, float]


def brighter_rows(path: Path) -> list[tuple[str, Label]]:
    """Texts and labels of a BRIGHTER file, by the rule in the module's docstring."""
    rows: list[tuple[str, Label]] = []
    for row in _read(path, {"text", "joy", "surprise", *_UNPLEASANT}):
        label = _brighter_label(row)
        if label is not None:
            rows.append((row["text"], label))
    return rows


def _brighter_label(row: dict[str, str]) -> Label | None:
    joy = row["joy"] == "1"
    unpleasant = any(row[name] == "1" for name in _UNPLEASANT)
    if joy != unpleasant:
        return "positive" if joy else "negative"
    return "neutral" if not joy and row["surprise"] != "1" else None


def labelled_rows(path: Path) -> list[tuple[str, Label]]:
    """Texts and labels of any CSV with the columns text and label (negative, neutral, positive or -1, 0, 1).

    A file with BRIGHTER's columns is read by BRIGHTER's rule.
    """
    rows: list[tuple[str, Label]] = []
    for line, row in enumerate(_read(path, {"text", "label"}, {"text", "joy", "surprise", *_UNPLEASANT}), start=2):
        if "label" not in row:
            label = _brighter_label(row)
            if label is None:
                continue
        else:
            label = _WORDS.get(fold(row["label"].strip()).removesuffix(".0"))
        if label is None:
            raise InvalidInput(f"{path.name} line {line}: the label must be negative, neutral or positive")
        rows.append((row["text"], label))
    if not rows:
        raise InvalidInput(f"{path.name} holds no texts")
    return rows


def _read(path: Path, wanted: set[str], instead: set[str] | None = None) -> Iterator[dict[str, str]]:
    """Rows by column, names in lower case; as spreadsheets write them too: with a byte order mark, by semicolons.

    Raises:
        InvalidInput: it is no CSV in UTF-8, lacks a column, or a row lacks one.
    """
    try:
        yield from _rows(path, wanted, instead)
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path.name} is not in UTF-8; save it as CSV UTF-8") from error
    except csv.Error as error:
        raise InvalidInput(f"{path.name} is no CSV: {error}") from error


def _rows(path: Path, wanted: set[str], instead: set[str] | None) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline()
        file.seek(0)
        separator = max(",;\t", key=head.count)
        reader = csv.DictReader(file, delimiter=separator)
        reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
        missing = wanted - set(reader.fieldnames)
        if missing and not (instead and instead <= set(reader.fieldnames)):
            raise InvalidInput(f"{path.name} lacks the columns {', '.join(sorted(missing))}")
        for row in reader:
            if any(row.get(name) is None for name in reader.fieldnames):
                raise InvalidInput(f"{path.name} line {reader.line_num} has too few columns")
            yield row


def measure(name: str, rows: Sequence[tuple[str, Label]], tell: Callable[[str], Label]) -> Quality:
    """Judge every text and compare: macro-F1 is the plain mean of the three labels' F1."""
    told: list[tuple[Label, Label]] = [(tell(text), label) for text, label in rows]
    f1: dict[Label, float] = {label: _f1(told, label) for label in LABELS}
    return Quality(scorer=name, rows=len(rows), macro_f1=sum(f1.values()) / len(LABELS), f1=f1)


def _f1(told: Sequence[tuple[Label, Label]], label: Label) -> float:
    right = sum(said == label == true for said, true in told)
    said_it = sum(said == label for said, _ in told)
    was_it = sum(true == label for _, true in told)
    return 2 * right / (said_it + was_it) if said_it + was_it else 0.0


def side(sentiment: float, neutral_below: float) -> Label:
    """A sentiment's label; neutral inside ±neutral_below."""
    if abs(sentiment) < neutral_below:
        return "neutral"
    return "positive" if sentiment > 0 else "negative"


def embedded_tells(text: str) -> Label:
    """What the embedded scorer says, with its own neutral band."""
    return side(judge(text).sentiment, NEUTRAL_BELOW)


def leia_tells(text: str, neutral_below: float = 0.05) -> Label:
    """What plain LeIA says; ±0.05 is the band VADER's authors give."""
    return side(float(_leia().polarity_scores(text)["compound"]), neutral_below)


@lru_cache(maxsize=1)
def _leia() -> Any:
    from LeIA import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


def compare_scorers(rows: Sequence[tuple[str, Label]]) -> list[Quality]:
    """The embedded scorer, and plain LeIA at VADER's neutral band and at ours, so that the band is not the gain."""
    return [
        measure(f"embedded ({MODEL_NAME})", rows, embedded_tells),
        measure("plain LeIA, band 0.05", rows, leia_tells),
        measure(f"plain LeIA, band {NEUTRAL_BELOW}", rows, lambda text: leia_tells(text, NEUTRAL_BELOW)),
    ]
