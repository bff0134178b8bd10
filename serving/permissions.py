"""Which role may do what: the one table that decides it."""

from __future__ import annotations

from typing import Literal, get_args

from evosense.errors import NotPermitted
from evosense.tenants.models import UserRole

Act = Literal[
    "read_profile",
    "read_metrics",
    "read_messages",
    "close_conversations",
    "set_business_hours",
    "set_alert_rules",
    "acknowledge_alerts",
    "choose_alert_letters",
    "hear_live",
    "read_experiments",
    "run_experiments",
    "label_messages",
    "read_entitlements",
    "read_billing",
    "manage_billing",
    "read_connections",
    "manage_connections",
    "manage_people",
    "change_own_password",
    "keep_views",
    "manage_api_keys",
    "manage_company",
    "read_audit_log",
    "read_exports",
    "make_exports",
    "read_privacy",
    "manage_privacy",
    "read_backfills",
    "run_backfills",
    "analyze_messages",
]

_EVERYONE: frozenset[UserRole] = frozenset(get_args(UserRole))
PERMISSIONS: dict[Act, frozenset[UserRole]] = {
    "read_profile": _EVERYONE,
    "read_metrics": _EVERYONE,
    "read_messages": _EVERYONE,
    "close_conversations": frozenset({"admin", "operator"}),
    "set_business_hours": frozenset({"admin"}),
    "set_alert_rules": frozenset({"admin"}),
    "acknowledge_alerts": _EVERYONE,
    "choose_alert_letters": _EVERYONE,
    "hear_live": _EVERYONE,
    "read_experiments": _EVERYONE,
    "run_experiments": frozenset({"admin"}),
    "label_messages": _EVERYONE,
    "read_entitlements": _EVERYONE,
    "read_billing": frozenset({"admin"}),
    "manage_billing": frozenset({"admin"}),
    "read_connections": _EVERYONE,
    "manage_connections": frozenset({"admin"}),
    "manage_people": frozenset({"admin"}),
    "change_own_password": _EVERYONE,
    "keep_views": _EVERYONE,
    "manage_api_keys": frozenset({"admin"}),
    "manage_company": frozenset({"admin"}),
    "read_audit_log": frozenset({"admin"}),
    # Customers' texts leave the platform in a file.
    "read_exports": frozenset({"admin", "analyst"}),
    "make_exports": frozenset({"admin", "analyst"}),
    "read_privacy": frozenset({"admin"}),
    "manage_privacy": frozenset({"admin"}),
    "read_backfills": frozenset({"admin"}),
    "run_backfills": frozenset({"admin"}),
    # Each call may cost money at the company's AI backend.
    "analyze_messages": frozenset({"admin"}),
}
# Only for people, who answer for it by name: keys never make keys, invite, pay, judge or release prompts.
_PEOPLE_ONLY: frozenset[Act] = frozenset({"read_profile", "read_billing", "read_audit_log", "read_privacy"})
# What a key can be made for: to look, and what has no person behind it.
KEY_ACTS: frozenset[Act] = frozenset(
    act for act in get_args(Act) if act.startswith(("read_", "hear_")) and act not in _PEOPLE_ONLY
)
# What a company can do whatever its subscription: see who it is and where it stands, and settle its bill.
ALWAYS: frozenset[Act] = frozenset(
    {"read_profile", "read_entitlements", "read_billing", "manage_billing", "change_own_password", "keep_views"}
)
# What only looks; anything else changes something, and waits while the company is read-only.
_LOOKING = ("read_", "hear_")


def changes_something(act: Act) -> bool:
    """Whether `act` is more than looking."""
    return not act.startswith(_LOOKING)


def require(act: Act, role: str, scopes: frozenset[str] | None = None) -> None:
    """Raise NotPermitted unless `role` may do `act`, or, for a key (`scopes` given), the key was made for it."""
    if scopes is not None:
        if act not in scopes or act not in KEY_ACTS:
            message = f"This key was not made for {act}; an administrator can make one that is"
            raise NotPermitted(message)
    elif role not in PERMISSIONS[act]:
        raise NotPermitted
