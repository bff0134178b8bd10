"""Who is in a sample: a deterministic bucket of experiment and unit, the same in SQL (`app.bucket`) and here.

Shares nest: raising one from 10 % to 20 % keeps everybody who was in. Experiments are independent of one another,
because their names are part of what is hashed.
"""

from __future__ import annotations

import hashlib

BUCKETS = 10_000


def bucket(experiment: str, unit: str) -> int:
    """0..9999: the first 8 hex digits of md5("experiment:unit"), modulo 10,000."""
    digest = hashlib.md5(f"{experiment}:{unit}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) % BUCKETS


def is_in_share(experiment: str, unit: str, share_bp: int) -> bool:
    """Whether a unit belongs to the first `share_bp` basis points of an experiment's units."""
    return bucket(experiment, unit) < share_bp


def aa_key(experiment: str) -> str:
    """The key under which the champion's second scores are sampled, apart from the challengers' sample."""
    return f"{experiment}:aa"
