"""`evosense privacy …`: what the detectors see."""

from __future__ import annotations

import sys
from secrets import token_bytes
from typing import Annotated
from uuid import UUID

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


@app.command("redact-stored")
def redact_stored(
    tenant: Annotated[UUID | None, typer.Option(help="Only this company (id).")] = None,
) -> None:
    """Redact stored texts anew that were redacted under former rules. Prints how many; never a text.

    Run it after an update that says so. Safe at any time, beside a running listener; may be stopped and run again.
    """
    import asyncio
    from collections import Counter

    from evosense.db.database import open_pool
    from evosense.messages.redact_again import redact_again
    from evosense.settings import DatabaseSettings, load
    from evosense.stack.setup import master_key, open_database
    from evosense.tenants.keyring import Keyring

    settings = load(DatabaseSettings)

    async def run(url: str) -> Counter[str]:
        async with open_pool(url, "evosense_pipeline", max_size=2) as pool:
            return await redact_again(pool, Keyring(master_key(settings)), tenant)

    with open_database(settings) as url:
        done = asyncio.run(run(url))
    print(f"texts of former rules {done['looked_at']}  changed {done['changed']}")


@app.command("access-log")
def access_log(
    tenant: Annotated[str, typer.Argument(help="The company's id, as `evosense tenants list` shows it.")],
    first: Annotated[str, typer.Option("--from", help="First day, in UTC: 2026-11-01.")],
    last: Annotated[str, typer.Option("--to", help="Last day, included.")],
    reason: Annotated[str, typer.Option(help="On what order; the company sees it in its audit log.")],
    actor: Annotated[str | None, typer.Option(help="Only this one: user:<id> or api_key:<id>.")] = None,
) -> None:
    """Print who used the application, from where and when, one JSON line each (Marco Civil, art. 15).

    Kept for six months under secrecy: for a court's order. The API can't read it, and reading it is audited.
    """
    import asyncio
    from datetime import UTC, date, datetime, time, timedelta

    import orjson

    from evosense.db.database import connect
    from evosense.errors import InvalidInput
    from evosense.privacy.access_log import Use, read_access_log
    from evosense.settings import DatabaseSettings, load
    from evosense.stack.setup import open_database

    try:
        company = UUID(tenant)
        begins, ends = (datetime.combine(date.fromisoformat(day), time(), UTC) for day in (first, last))
    except ValueError:
        raise InvalidInput("write days like 2026-11-01 and the company's id in full") from None
    if not reason.strip():
        raise InvalidInput("say on what order with --reason")

    async def read(url: str) -> list[Use]:
        async with await connect(url, "evosense_pipeline") as connection, connection.transaction():
            return await read_access_log(
                connection, company, begins, ends + timedelta(days=1), reason=reason.strip(), actor=actor
            )

    with open_database(load(DatabaseSettings)) as url:
        for use in asyncio.run(read(url)):
            sys.stdout.buffer.write(orjson.dumps(use) + b"\n")
