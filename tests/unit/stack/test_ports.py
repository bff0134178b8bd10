"""Ports: the usual one, another one, or a refusal that names the setting."""

from __future__ import annotations

import socket

import pytest

from evosense.errors import ConfigurationError
from evosense.stack.ports import choose


def test_ports() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = int(other.getsockname()[1])
        free = choose(taken)
        assert free != taken
        with pytest.raises(ConfigurationError, match=rf"Port {taken} \(API_PORT\) is taken"):
            choose(taken, setting="API_PORT")
        assert choose(free, setting="API_PORT") == free
