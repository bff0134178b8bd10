"""`evosense evolution …`: looking at what Evolution servers send."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(name="evolution", help="Look at what an Evolution server sends.", no_args_is_help=True)


@app.callback()
def _evolution() -> None:
    """Look at what an Evolution server sends."""


@app.command()
def decode(
    file: Annotated[Path, typer.Argument(help="A recording in JSON; - reads standard input.", allow_dash=True)],
) -> None:
    """Turn recorded frames and envelopes into canonical events, one line of JSON each.

    FILE holds a list of text frames and {"$bin_b64": …}, an envelope, a list of either, named examples with "frames"
    or "envelope", or any of these one a line. What can't be read becomes an event with action "unknown" that says why.
    Tokens and media keys are left out; message texts are shown, so mind who sees them.
    """
    from evosense.evolution.canonical import as_json_line
    from evosense.evolution.engineio import ProtocolError
    from evosense.evolution.recorded import decode_recording

    try:
        text = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        for event in decode_recording(text, received_at=datetime.now(UTC)):
            sys.stdout.buffer.write(as_json_line(event) + b"\n")
    except OSError as error:
        typer.echo(f"can't read {file}: {error.strerror}", err=True)
        raise typer.Exit(2) from error
    except ProtocolError as error:
        typer.echo(f"{file} holds no JSON", err=True)
        raise typer.Exit(2) from error
