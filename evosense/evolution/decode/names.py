"""What people call themselves; where servers know no name, they write other things in its place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from evosense.evolution.jids import JidKind, jid_of
from evosense.evolution.wire_values import as_text

_OWN_NAME: Final = "Você"  # what Evolution writes as the name of the account itself


def real_name(told: object, addresses: Iterable[object]) -> str | None:
    """A person's name; None for an empty one, the account's word, and the bare number of one of their `addresses`."""
    name = as_text(told)
    if name is None or name == _OWN_NAME:
        return None
    address = jid_of(name)
    if address is not None and address.kind is not JidKind.OTHER:
        return None
    return None if any(isinstance(value, str) and value.partition("@")[0] == name for value in addresses) else name
