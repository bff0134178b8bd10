"""`evosense listen`: the listener alone."""

from __future__ import annotations

import os


def listen() -> None:
    """Run the listener alone: it connects to Evolution servers and stores what they send. Ctrl-C stops it.

    With DATABASE_URL any number of listeners may run, on any machines: they share the connections by leases.
    """
    from evosense.settings import DatabaseSettings, load
    from evosense.stack.processes import command
    from evosense.stack.setup import StackOptions
    from evosense.stack.up import run_stack

    if load(DatabaseSettings).database_url:
        program = command("listener")
        os.execv(program[0], program)  # noqa: S606 - our own interpreter and module
    run_stack(StackOptions(listener_only=True))
