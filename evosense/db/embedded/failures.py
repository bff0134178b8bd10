"""Turn what Postgres says when it can't start into one sentence that says what to do."""

from __future__ import annotations

from pathlib import Path

from evosense.errors import ConfigurationError

_CAUSES: tuple[tuple[str, str], ...] = (
    ("No space left on device", "The disk is full: free some space under {place} and start again."),
    ("Disk quota exceeded", "The disk quota is used up: free some space under {place} and start again."),
    ("File too large", "A file-size limit (ulimit -f) stops Postgres: lift it for this user."),
    (
        "Address already in use",
        "Port {port} is taken by another program: stop it or choose another port.",
    ),
    (
        "could not create shared memory",
        "The machine has too little shared memory for Postgres: raise it (docker run --shm-size=512m).",
    ),
    (
        "Cannot allocate memory",
        "The machine has too little free memory for Postgres (it asks for about 300 MB): free some.",
    ),
    ("Read-only file system", "{place} is on a read-only file system: choose another DATA_DIR."),
    ("Permission denied", "Postgres was refused access below {place}: look at {log}."),
    ("Illegal instruction", "The shipped Postgres does not run on this processor: set DATABASE_URL."),
)


def explain(output: str, *, place: Path, log: Path, port: int | None) -> ConfigurationError:
    """The error for `output` (of initdb, pg_ctl and the end of the server's log)."""
    for sign, sentence in _CAUSES:
        if sign in output:
            return ConfigurationError(sentence.format(place=place, log=log, port=port))
    reason = _last(output, "FATAL:") or _last(output, "error:") or _last(output, "error while ")
    return ConfigurationError(f"Postgres did not start{f' ({reason})' if reason else ''}: look at {log}.")


def _last(output: str, sign: str) -> str:
    found = (line.split(sign, 1)[1].strip() for line in reversed(output.splitlines()) if sign in line)
    return next(found, "")
