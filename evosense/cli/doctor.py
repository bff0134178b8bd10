"""`evosense doctor`."""

from __future__ import annotations

import typer


def doctor() -> None:
    """Check every setting and server that EvoSense needs, and say what to do about each that is wrong."""
    from evosense.stack.doctor import examine

    findings = examine()
    for finding in findings:
        mark = typer.style("ok  ", fg="green") if finding.good else typer.style("FAIL", fg="red")
        typer.echo(f"{mark} {finding.subject:12} {finding.detail}")
    if not all(finding.good for finding in findings):
        raise typer.Exit(2)
