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
