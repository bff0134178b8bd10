"""The SQL that serving runs for what is stale is the models' own."""

from __future__ import annotations

from orchestration.warehouse.live import live_files


def test_the_written_files_are_what_the_models_say():
    for path, text in live_files().items():
        assert path.read_text(encoding="utf-8") == text, "run python -m orchestration.warehouse live"
