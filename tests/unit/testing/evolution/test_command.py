"""The command line: what it reads and how it refuses."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from evosense.testing.evolution.__main__ import main, parser, read_config


def test_options_win_over_the_file_and_the_file_over_the_demo(tmp_path: Path) -> None:
    file = tmp_path / "standin.json"
    file.write_text(json.dumps({"global_key": "k", "instances": [{"name": "x", "token": "t", "business": "banco"}]}))
    config = read_config(parser().parse_args(["--config", str(file), "--rate", "3"]))
    assert (config.global_key, config.rate) == ("k", 3.0)
    assert [(one.name, one.token, one.business) for one in config.instances] == [("x", "t", "banco")]
    options = ["--config", str(file), "--global-key", "mine", "--instance", "a=b:clinica", "--instance", "c=d"]
    config = read_config(parser().parse_args(options))
    assert config.global_key == "mine"
    assert [(one.name, one.token, one.business) for one in config.instances] == [
        ("a", "b", "clinica"),
        ("c", "d", None),
    ]
    demo = read_config(parser().parse_args([]))
    assert [one.name for one in demo.instances] == ["loja-aurora", "clinica-sorriso"]
    assert (demo.history_days, demo.rate) == (60.0, 0.5)


@pytest.mark.parametrize("wrong", [["--instance", "noequals"], ["--config", "/nonexistent/file.json"]])
def test_a_wrong_option_is_one_clear_sentence(
    wrong: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["standin", *wrong])
    assert main() == 1
    said = capsys.readouterr().err
    assert said.startswith("The stand-in Evolution server could not start: ")
    assert said.count("\n") == 1
