"""Which TCP ports the parts listen on."""

from __future__ import annotations

import socket

from evosense.errors import ConfigurationError

LOOPBACK = "127.0.0.1"


def choose(usual: int, *, setting: str | None = None, host: str = LOOPBACK) -> int:
    """`usual` when it is free, else (and for 0) any free port.

    `setting` names the setting in which somebody asked for this very port: then no other will do.

    Raises:
        ConfigurationError: that port is taken.
    """
    if usual and _free(host, usual):
        return usual
    if setting is not None:
        message = f"Port {usual} ({setting}) is taken by another program: stop it or set {setting} to another port."
        raise ConfigurationError(message)
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
