"""Detectors on a marked fixture with decoys, and tokens that are stable in one conversation only."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evosense.redaction import Kind, find, mask, redact

LINES = Path(__file__).parents[2] / "fixtures/redaction/lines.jsonl"
KEY, CHAT = b"k" * 32, b"chat-a"


def kinds(text: str) -> list[Kind]:
    return [finding.kind for finding in find(text)]


def test_precision_and_recall_on_marked_lines() -> None:
    marked = [json.loads(line) for line in LINES.read_text(encoding="utf-8").splitlines()]
    assert len(marked) >= 500
    found, wanted, right = 0, 0, 0
    for line in marked:
        got = {(finding.start, finding.end, finding.kind.value) for finding in find(line["text"])}
        expected = {tuple(span) for span in line["spans"]}
        found, wanted, right = found + len(got), wanted + len(expected), right + len(got & expected)
    assert right / wanted >= 0.99
    assert right / found >= 0.98


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cpf 529.982.247-25", [Kind.CPF]),
        ("cpf 529 982 247 25", [Kind.CPF]),
        ("cpf 52998224725", [Kind.CPF]),
        ("cpf 111.111.111-11", []),
        ("cpf 529.982.247-26", []),
        ("cnpj 12.ABC.345/01DE-35", [Kind.CNPJ]),
        ("cnpj 12abc34501de35", [Kind.CNPJ]),
        ("cnpj 12.ABC.345/01DE-36", []),
        ("11.222.333/0001-81", [Kind.CNPJ]),
        ("cartão 4111 1111 1111 1111", [Kind.CARD]),
        ("cartão 4111-1111-1111-1112", []),
        ("3782 822463 10005", [Kind.CARD]),
        ("código 7891234567895", []),
        ("(11) 98765-4321 ou 11987654321", [Kind.PHONE, Kind.PHONE]),
        ("liga 98765-4321", [Kind.PHONE]),
        ("meu zap 98765 4321", [Kind.PHONE]),
        ("protocolo 11987654321", []),
        ("+1 415 555 2671", [Kind.PHONE]),
        ("fulano@exemplo.com.br", [Kind.EMAIL]),
        ("fulano @gmail.com", [Kind.EMAIL]),
        ("fulano@live com br", [Kind.EMAIL]),
        ("vi a live @live com a Bia", []),
        ("mudou, agora é +55 11 8765-4321", [Kind.PHONE]),
        ("mudou, agora é 55 11 8765-4321", []),
        ("sigam @loja.com.br", []),
        ("123e4567-e89b-42d3-a456-426614174000", [Kind.PIX]),
        (
            "00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-4266554400005204000053039865802BR"
            "5913FULANO DE TAL6008BRASILIA62070503***63041D3D",
            [Kind.PIX],
        ),
        ("sem nada aqui", []),
        ("", []),
    ],
)
def test_examples(text: str, expected: list[Kind]) -> None:
    assert kinds(text) == expected


def test_a_token_is_stable_in_its_conversation_and_nowhere_else() -> None:
    masked = redact("cpf 529.982.247-25", KEY, CHAT).text
    bare = redact("cpf 52998224725", KEY, CHAT).text
    assert masked == bare
    assert masked.startswith("cpf <CPF:")
    assert redact("cpf 52998224725", KEY, b"chat-b").text != bare
    assert redact("cpf 52998224725", b"x" * 32, CHAT).text != bare


def test_two_spellings_of_a_phone_are_one() -> None:
    first = redact("(11) 98765-4321", KEY, CHAT).text
    assert first == redact("+55 11 98765 4321", KEY, CHAT).text


def test_a_mention_has_the_same_token_throughout_a_conversation() -> None:
    lid = redact("oi @112233445566778", KEY, CHAT).text
    assert lid == redact("oi @112233445566778", KEY, CHAT).text != redact("oi @112233445566778", KEY, b"chat-b").text
    assert lid != redact("oi @112233445566779", KEY, CHAT).text
    mentioned = redact("@5511987654321", KEY, CHAT).text
    assert mentioned == "@" + redact("(11) 98765-4321", KEY, CHAT).text


def test_the_text_around_is_kept() -> None:
    redacted = redact("oi, 529.982.247-25 e a@b.com!", KEY, CHAT)
    assert redacted.text.startswith("oi, <CPF:")
    assert redacted.text.endswith(">!")
    assert [finding.kind for finding in redacted.findings] == [Kind.CPF, Kind.EMAIL]


@given(st.text(max_size=200))
def test_redaction_is_total_and_idempotent(text: str) -> None:
    once = redact(text, KEY, CHAT)
    if not once.findings:
        assert once.text == text
    assert find(once.text) == ()


def test_redacting_twice_changes_nothing() -> None:
    for line in LINES.read_text(encoding="utf-8").splitlines():
        once = redact(json.loads(line)["text"], KEY, CHAT).text
        assert redact(once, KEY, CHAT).text == once


def test_mask_leaves_nothing_linkable() -> None:
    assert mask("cpf 529.982.247-25, (11) 98765-4321") == "cpf <CPF>, <PHONE>"


def test_long_hostile_texts_take_linear_time() -> None:
    for piece in ("1", "1.", "9 ", "a@", "000201", "1-", "12.ABC."):
        find(piece * 20_000)


@pytest.mark.parametrize(
    "number",
    [
        "529\u200b982\u200b247\u200b25",
        "529\u2060.982.247\u00ad-25",
        "５２９.９８２.２４７-２５",
        "٥٢٩٩٨٢٢٤٧٢٥",
        "".join(f"{digit}\ufe0f\u20e3" for digit in "52998224725").removesuffix("\ufe0f\u20e3"),
    ],
)
def test_a_number_is_found_however_its_digits_are_written(number: str) -> None:
    text = f"❤️ cpf {number} ❤️"
    assert [(found.start, found.end, found.kind) for found in find(text)] == [(7, 7 + len(number), Kind.CPF)]
    plain = redact("529.982.247-25", KEY, CHAT).text
    assert redact(text, KEY, CHAT).text == f"❤️ cpf {plain} ❤️"  # the token of the same number
