"""`python -m serving`: the API on uvicorn, from the settings of the environment."""

from __future__ import annotations

import socket
import sys

from evosense import log
from evosense.errors import ConfigurationError
from evosense.settings import ServingSettings, load
from serving.server import server_for
from serving.workers import application, run_workers


def main() -> int:
    """Serve until a signal; 2 when a setting is wrong or the port is taken."""
    log.configure()
    try:
        settings = load(ServingSettings)
        app = application()
        listening = _listen(settings.api_host, settings.api_port if settings.port is None else settings.port)
    except ConfigurationError as error:
        log.get_logger("serving").error("cannot_start", detail=error.detail)
        return 2
    host, port = listening.getsockname()[:2]
    log.get_logger("serving").info("api_listening", host=host, port=port, workers=settings.api_workers)
    if settings.api_workers > 1:
        run_workers(listening, settings)
    else:
        server_for(app, host=host, port=port, trusted_proxies=settings.trusted_proxies).run(sockets=[listening])
    return 0


def _listen(host: str, port: int) -> socket.socket:
    """The listening socket; port 0 takes a free one. Raises ConfigurationError when it can't be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        message = f"can't listen on {host}, port {port} ({error}); stop the other program or set API_HOST and API_PORT"
        raise ConfigurationError(message) from error


if __name__ == "__main__":
    sys.exit(main())
