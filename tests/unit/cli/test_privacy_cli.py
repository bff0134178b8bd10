"""`evosense privacy redact`."""

import json

from typer.testing import CliRunner

from evosense.cli.privacy import app


def test_redact_prints_places_and_never_values() -> None:
    result = CliRunner().invoke(app, ["redact"], input="cpf 529.982.247-25\noi\n")
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert first["findings"] == [{"type": "CPF", "start": 4, "end": 18}]
    assert "529" not in first["text"]
    assert second == {"text": "oi", "findings": []}


def test_each_line_has_its_answer_whatever_bytes_it_holds() -> None:
    lines = [b"ol\xe1 CPF 529.982.247-25", b"", b"a\rb\xe2\x80\xa8c (11) 98765-4321\r", "ação: ana@x.com".encode()]
    result = CliRunner().invoke(app, ["redact"], input=b"\n".join(lines))
    answers = [json.loads(line) for line in result.stdout_bytes.splitlines()]
    places = [[(one["type"], one["start"], one["end"]) for one in answer["findings"]] for answer in answers]
    assert places == [[("CPF", 8, 22)], [], [("PHONE", 6, 21)], [("EMAIL", 6, 15)]]
    assert set(answers[0]) == {"text", "findings"}
