"""The command of every process, in one place: this stack, the containers and the tests start the same ones.

Words in braces are filled in by whoever starts it; `docker-compose.yml` is compared with this table by a test.
"""

from __future__ import annotations

import sys
from pathlib import Path

DEFINITIONS = "orchestration.definitions"

COMMANDS: dict[str, tuple[str, ...]] = {
    "api": ("python", "-m", "serving"),
    "listener": ("python", "-m", "ingestion"),
    # One code server for the web server and the daemon; `dagster code-server start` would cost 100 MB more for a
    # reload button.
    "dagster-code": (
        *("dagster", "api", "grpc", "--module-name", DEFINITIONS, "--location-name", "evosense"),
        *("--host", "{host}", "--port", "{port}", "--use-python-environment-entry-point", "--log-format", "json"),
    ),
    "dagster-daemon": (
        *("dagster-daemon", "run", "--workspace", "{home}/workspace.yaml"),
        *("--log-level", "warning", "--log-format", "json"),
    ),
    # It has no login, so it stays on the loopback (or behind something that has one).
    "dagster-webserver": (
        *("python", "-m", "orchestration.webserver", "--workspace", "{home}/workspace.yaml"),
        *("--host", "{host}", "--port", "{port}", "--log-format", "json"),
    ),
    "dagster-tables": ("dagster", "instance", "migrate"),
    "evolution": (
        *("python", "-m", "evosense.testing.evolution", "--host", "{host}", "--port", "{port}"),
        *("--state-dir", "{state}", "--history-days", "{days}", "--rate", "{rate}"),
    ),
}


def command(name: str, **values: object) -> tuple[str, ...]:
    """The command line of a process on this machine: programs of our own environment, words in braces filled in."""
    program, *arguments = COMMANDS[name]
    filled = (argument.format(**values) for argument in arguments)
    if program == "python":
        return (sys.executable, *filled)
    return (sys.executable, str(Path(sys.executable).with_name(program)), *filled)
