"""`python -m evosense.testing.evolution`: the stand-in as a process.

When it listens it prints one JSON line, `{"ready": true, "url": …, "pid": …}`. SIGTERM and SIGINT stop it;
SIGKILL is survived by what `--state-dir` holds.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import orjson

from evosense.errors import EvoSenseError, InvalidInput
from evosense.testing.evolution.config import DEMO_INSTANCES, InstanceSpec, StandInConfig
from evosense.testing.evolution.server import EvolutionStandIn


def parser() -> argparse.ArgumentParser:
    """The options."""
    options = argparse.ArgumentParser(
        prog="python -m evosense.testing.evolution",
        description="A stand-in Evolution API 2.3.7 with Brazilian customers, for tests and the demo.",
    )
    options.add_argument("--host", default="127.0.0.1", help="address to listen on")
    options.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one")
    options.add_argument("--global-key", help="AUTHENTICATION_API_KEY of the server")
    options.add_argument("--config", type=Path, help='JSON: {"global_key"?, "instances"?: [{"name", "token", …}]}')
    options.add_argument(
        "--instance",
        action="append",
        default=[],
        metavar="NAME=TOKEN[:BUSINESS]",
        help="an instance, in place of the two of the demo; may be repeated",
    )
    options.add_argument("--state-dir", type=Path, help="folder that keeps the database over restarts")
    options.add_argument("--rate", type=float, default=0.5, help="live messages per second over all instances")
    options.add_argument("--history-days", type=float, default=60.0, help="days of past to tell; 0 for none")
    options.add_argument("--history-per-day", type=float, default=80.0, help="messages of an average day")
    options.add_argument("--history-chunk", type=int, default=1000, help="messages in one messages.set")
    options.add_argument("--version", default="2.3.7", help="the version to claim; 1.x takes the old sendText body")
    options.add_argument("--timezone", default="America/Sao_Paulo", help="the server's wall clock")
    options.add_argument("--global-events", action="store_true", help="WEBSOCKET_GLOBAL_EVENTS=true")
    options.add_argument("--captures", type=Path, help="wire.json, to replay captured frames from")
    options.add_argument("--seed", type=int, default=1, help="same seed, same past")
    return options


def _instance(text: str) -> InstanceSpec:
    name, _, rest = text.partition("=")
    token, _, business = rest.partition(":")
    if not name or not token:
        raise InvalidInput(f"--instance takes NAME=TOKEN or NAME=TOKEN:BUSINESS, not {text!r}.")
    return InstanceSpec(name, token, business or None)


def read_config(arguments: argparse.Namespace) -> StandInConfig:
    """Settings from the command line; its values win over those of the JSON file.

    Raises:
        InvalidInput: The file or an instance can't be read.
    """
    stored: dict[str, Any] = {}
    if arguments.config is not None:
        try:
            stored = orjson.loads(arguments.config.read_bytes())
            listed = tuple(InstanceSpec(**one) for one in stored.get("instances", []))
        except (OSError, TypeError, AttributeError, orjson.JSONDecodeError) as error:
            raise InvalidInput(f"{arguments.config} is not a configuration of the stand-in: {error}") from error
    else:
        listed = ()
    given = tuple(_instance(text) for text in arguments.instance)
    return StandInConfig(
        global_key=arguments.global_key or stored.get("global_key") or StandInConfig().global_key,
        instances=given or listed or DEMO_INSTANCES,
        host=arguments.host,
        port=arguments.port,
        state_dir=arguments.state_dir,
        version=arguments.version,
        timezone=arguments.timezone,
        global_events=arguments.global_events,
        history_days=arguments.history_days,
        history_per_day=arguments.history_per_day,
        history_chunk=arguments.history_chunk,
        rate=arguments.rate,
        seed=arguments.seed,
    )


async def run(config: StandInConfig, captures: Path | None) -> None:
    """Serve until a signal says stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    server = EvolutionStandIn(config)
    if captures is not None:
        server.load_captures(captures)
    async with server:
        line = orjson.dumps({"ready": True, "url": server.url, "pid": os.getpid()}).decode()
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> int:
    """Entry point; returns the exit code."""
    arguments = parser().parse_args()
    try:
        asyncio.run(run(read_config(arguments), arguments.captures))
    except (EvoSenseError, OSError) as error:
        sys.stderr.write(f"The stand-in Evolution server could not start: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
