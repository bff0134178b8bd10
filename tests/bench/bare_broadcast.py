"""The peer of the live benchmark: a bare `websockets` server that broadcasts, on uvloop, with nothing behind it.

Reads numbers from stdin and broadcasts each; prints its port first, and the time just before each broadcast.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve


async def _main() -> None:
    clients: set[ServerConnection] = set()

    async def keep(connection: ServerConnection) -> None:
        clients.add(connection)
        try:
            await connection.wait_closed()
        finally:
            clients.discard(connection)

    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async with serve(keep, "127.0.0.1", 0, compression=None, backlog=2048) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        while line := await lines.readline():
            # The same fields, and so the same length, as a live event.
            event = {"v": 1, "seq": int(line), "type": "message_analyzed", "payload": {"n": int(line)}}
            at = time.monotonic()
            broadcast(clients, json.dumps(event, separators=(",", ":")))
            print(at, flush=True)


if __name__ == "__main__":
    uvloop.run(_main())
