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
    """Read lines (UTF-8) from standard input; print one JSON line for each: {text, findings: [{type, start, end}]}.

    Places count characters. The tokens are those of one throw-away conversation; values are never printed.
    """
    import orjson

    from evosense.redaction import redact as redact_text

    key = token_bytes(32)
    for line in sys.stdin.buffer:  # only a line feed ends a line, whatever the locale says
        redacted = redact_text(line.decode("utf-8", "replace").rstrip("\r\n"), key, b"")
        findings = [{"type": item.kind.value, "start": item.start, "end": item.end} for item in redacted.findings]
        sys.stdout.buffer.write(orjson.dumps({"text": redacted.text, "findings": findings}) + b"\n")
        sys.stdout.buffer.flush()  # whoever writes line by line gets each answer at once
