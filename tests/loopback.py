"""Where stand-ins listen: what a connection may point to in tests."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Final

from evosense.settings import Networks

LOOPBACK: Final[Networks] = (ip_network("127.0.0.0/8"),)
