"""What Postgres says, turned into one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from evosense.db.embedded.failures import explain


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        (
            'FATAL:  could not write to file "pg_wal/xlogtemp.1": No space left on device',
            "The disk is full: free some space under /data and start again.",
        ),
        (
            'LOG:  could not bind IPv4 address "127.0.0.1": Address already in use',
            "Port 7777 is taken by another program: stop it or choose another port.",
        ),
        (
            "LOG:  starting\nFATAL:  database files are incompatible with server",
            "Postgres did not start (database files are incompatible with server): look at /data/log.",
        ),
        ("nothing useful", "Postgres did not start: look at /data/log."),
    ],
)
def test_explain(output: str, sentence: str) -> None:
    error = explain(output, place=Path("/data"), log=Path("/data/log"), port=7777)
    assert str(error) == sentence
