"""Logs of children: rotation and the last line."""

from __future__ import annotations

from pathlib import Path

from evosense.stack.logs import last_line, rotate, trim


def test_a_large_log_is_kept_aside_and_old_ones_fall_off(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    for number in range(5):
        log.write_bytes(bytes([48 + number]) * 5_000_000)
        rotate(log)
    assert not log.exists()
    kept = {file.name: file.read_bytes()[:1] for file in tmp_path.iterdir()}
    assert kept == {"api.log.1": b"4", "api.log.2": b"3", "api.log.3": b"2"}


def test_a_small_log_stays(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    log.write_text("one\n")
    rotate(log)
    assert [file.name for file in tmp_path.iterdir()] == ["api.log"]


def test_last_line(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    assert last_line(log) == ""
    log.write_text("first\n  second \n\n")
    assert last_line(log) == "second"


def test_a_log_that_grows_while_its_part_writes_is_trimmed(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"a" * 20_000_001)
        trim(log)
        writer.write(b"b")
    assert log.read_bytes() == b"b"
    assert (tmp_path / "api.log.1").stat().st_size == 20_000_001
