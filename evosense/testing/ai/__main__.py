"""`python -m evosense.testing.ai`: the stand-in as a process; prints one line of JSON with its addresses."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys

from evosense.scoring.event_loop import run
from evosense.testing.ai.script import Script
from evosense.testing.ai.server import AiStandIn


async def _serve(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    script = Script(latency_ms=arguments.latency_ms, mode=arguments.mode, slots=arguments.slots)
    standin = await AiStandIn(script, remembers=False).start(arguments.port)
    sys.stdout.write(json.dumps({"url": standin.url, "webhook": standin.webhook}) + "\n")
    sys.stdout.flush()
    await stop.wait()
    await standin.stop()


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m evosense.testing.ai")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--slots", type=int, default=0, help="calls worked on at once; further ones queue")
    parser.add_argument("--mode", choices=("lexicon", "obedient", "constant"), default="lexicon")
    run(_serve(parser.parse_args()))  # on a quick loop: who is measured against it must be the slower one


if __name__ == "__main__":
    main()
