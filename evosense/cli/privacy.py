"""`evosense privacy …`: what the detectors see."""

from __future__ import annotations

import sys
from secrets import token_bytes

import typer

app = typer.Typer(name="privacy", help="See what counts as personal data.", no_args_is_help=True)


@app.callback()
def _privacy() -> None:
    """See what counts as personal data."""


@app.command()
def redact() -> None:
    """Read lines from standard input; print one JSON line for each: {text, findings: [{type, start, end}]}.

    The tokens are those of one throw-away conversation; values are never printed.
    """
    import orjson

    from evosense.redaction import redact as redact_text

    key = token_bytes(32)
    for line in sys.stdin:
        redacted = redact_text(line.rstrip("\r\n"), key, b"")
        findings = [{"type": item.kind.value, "start": item.start, "end": item.end} for item in redacted.findings]
        sys.stdout.buffer.write(orjson.dumps({"text": redacted.text, "findings": findings}) + b"\n")
