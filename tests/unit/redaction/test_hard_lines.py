"""Lines by another hand than the fixture's: unusual writings, and numbers that only look like personal data."""

import itertools
import re
from pathlib import Path

import pytest

from evosense.redaction import find

LINES = Path(__file__).parents[2] / "fixtures/redaction/hard_lines.txt"
_MARK = re.compile(r"\[([A-Z]+)\|([^\]]*)\]")
# Valid as a mobile phone, as a card, and as an article's number that passes a card's check digit.
LOOK_ALIKE = ("11987654321", "5521987654321", "2134567890", "4111111111111111", "5555555555554444", "987654321")


def marked(line: str) -> tuple[str, list[tuple[int, int, str]]]:
    """The text of a line without marks, and what they mark."""
    text, places, position = "", [], 0
    for match in _MARK.finditer(line):
        text += line[position : match.start()]
        places.append((len(text), len(text) + len(match.group(2)), match.group(1)))
        text, position = text + match.group(2), match.end()
    return text + line[position:], places


def places(text: str) -> list[tuple[int, int, str]]:
    return [(finding.start, finding.end, finding.kind.value) for finding in find(text)]


@pytest.mark.parametrize(
    "line", [line for line in LINES.read_text(encoding="utf-8").splitlines() if line and not line.startswith("# ")]
)
def test_a_hard_line(line: str) -> None:
    text, expected = marked(line)
    assert places(text) == expected


@pytest.mark.parametrize("number", LOOK_ALIKE)
def test_a_number_with_another_name_is_none_of_ours(number: str) -> None:
    names = ("pedido", "Pedido nº", "número do pedido:", "protocolo", "o protocolo é", "rastreio", "chamado", "NF")
    names += ("código", "cod.", "ref.", "contrato nº", "boleto", "fatura", "lote", "reserva", "NSU", "id do pedido:")
    for name in names:
        assert places(f"{name} {number}") == []
        assert places(f"oi, {name} {number} não chegou") == []
    for after in ("é o protocolo", "(pedido)", "do boleto"):
        assert places(f"{number} {after}") == []


@pytest.mark.parametrize("number", LOOK_ALIKE[:3])
def test_a_phone_beside_other_things_is_a_phone(number: str) -> None:
    befores = ("meu zap", "telefone:", "o pedido é 4471, meu fone", "mandem o boleto para", "a fatura no whats", "pix")
    for before in befores:
        text = f"{before} {number}"
        assert places(text) == [(len(text) - len(number), len(text), "PHONE")], text


def test_every_usual_writing_of_a_phone() -> None:
    heads = ("11", "(11)", "011", "(011)", "+55 11", "+5511", "55 11", "+55 (11)", "0xx11", "11-", "11.")
    for head, gap, middle, tail in itertools.product(
        heads, ("", " "), ("98765-4321", "98765.4321", "9 8765-4321"), "!,."
    ):
        number = f"{head}{gap}{middle}"
        assert places(f"liga {number}{tail} ok") == [(5, 5 + len(number), "PHONE")], number


def test_thousands_of_findings_take_no_longer_each() -> None:
    """A message may have 65,536 characters; comparing each finding with all others would take seconds."""
    assert len(find("11 98765-4321 " * 4_600)) == 4_600
