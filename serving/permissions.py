"""Which role may do what: the one table that decides it."""

from __future__ import annotations

from typing import Literal, get_args

from evosense.errors import NotPermitted
from evosense.tenants.models import UserRole

Act = Literal["read_profile", "read_metrics", "read_messages", "hear_live", "read_experiments", "run_experiments"]

_EVERYONE: frozenset[UserRole] = frozenset(get_args(UserRole))
PERMISSIONS: dict[Act, frozenset[UserRole]] = {
    "read_profile": _EVERYONE,
    "read_metrics": _EVERYONE,
    "read_messages": _EVERYONE,
    "hear_live": _EVERYONE,
    "read_experiments": _EVERYONE,
    "run_experiments": frozenset({"admin"}),
}


def require(act: Act, role: str) -> None:
    """Raise NotPermitted unless `role` may do `act`."""
    if role not in PERMISSIONS[act]:
        raise NotPermitted
