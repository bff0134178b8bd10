"""How uvicorn runs the API; the tests run it the same way."""

from __future__ import annotations

import uvicorn
from fastapi import FastAPI

from serving.live.protocol import LiveProtocol

# An auth frame is about 600 bytes; nothing that a client sends is longer.
_MAX_FRAME_BYTES = 16_384


def server_for(app: FastAPI, *, host: str, port: int, trusted_proxies: str = "127.0.0.1") -> uvicorn.Server:
    """A server for `app`; port 0 picks a free one."""
    return uvicorn.Server(configuration(app, host=host, port=port, trusted_proxies=trusted_proxies))


def configuration(
    app: FastAPI | str, *, host: str, port: int, trusted_proxies: str, workers: int = 1
) -> uvicorn.Config:
    """How uvicorn runs `app`; with several workers it is the name of a function that makes one."""
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        workers=workers,
        host=host,
        port=port,
        # Our own log lines carry the route, never the address with its query; uvicorn's would name it at "info".
        access_log=False,
        log_config=None,
        log_level="warning",
        proxy_headers=True,
        forwarded_allow_ips=trusted_proxies,
        server_header=False,
        ws=LiveProtocol,
        ws_max_size=_MAX_FRAME_BYTES,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=5,
        lifespan="on",
    )
