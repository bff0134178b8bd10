"""The server's configuration: defaults for a small machine in one file that postgresql.conf includes.

Logs hold no personal data: statements, parameters and row values (DETAIL lines) are left out of the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

FILE = "evosense.conf"
SOCKET_PORT = 5432  # names the socket file when there is no TCP port

_SMALL_MACHINE: dict[str, str] = {
    "shared_buffers": "256MB",
    "max_connections": "120",
    "jit": "off",
    "random_page_cost": "1.1",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "4GB",
    "wal_compression": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_parallel_workers_per_gather": "1",
    # no personal data in logs
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
    "log_line_prefix": "%m [%p] ",
}
_NOT_DURABLE: dict[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "5min",
}
# The socket lies in a folder of mode 0700 (server's user and root only), so it needs no password; TCP does.
HBA = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"


def render(*, socket_folder: Path, port: int | None, durable: bool, settings: Mapping[str, str]) -> str:
    """The text of evosense.conf; `settings` win over the defaults."""
    values = {
        **_SMALL_MACHINE,
        **({} if durable else _NOT_DURABLE),
        **settings,
        "unix_socket_directories": str(socket_folder),
        "listen_addresses": "127.0.0.1" if port else "",
        "port": str(port or SOCKET_PORT),
    }
    lines = (f"{name} = {_quoted(value)}\n" for name, value in values.items())
    return "# written by evosense at every start; change settings there\n" + "".join(lines)


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
