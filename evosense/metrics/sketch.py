"""A DDSketch: percentiles of a stream to within 1 %, which add up over days, purposes and models.

Source: Masson, Rim and Lee 2019, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error
guarantees", VLDB 12(12), section 2.1. A value x of at least 1 falls into bucket ceil(log_gamma x) with gamma =
(1 + a) / (1 - a), and a bucket answers 2 gamma^i / (gamma + 1), which is at most a·x away from each of its values.
Values below 1 are answered as 1: milliseconds are whole, so only 0 is among them. dbt's macro sketch_bucket has the
same formula.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

ACCURACY = 0.01
_GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
_LOG_GAMMA = math.log(_GAMMA)


def bucket_of(value: float) -> int:
    """The bucket that a value falls into."""
    return max(0, math.ceil(math.log(max(value, 1)) / _LOG_GAMMA))


class Sketch:
    """Counts by bucket; adding two sketches gives that of both streams together."""

    def __init__(self, counts: Mapping[int, int] | None = None) -> None:
        self.counts: Counter[int] = Counter(counts or {})

    @classmethod
    def of(cls, values: Iterable[float]) -> Sketch:
        """The sketch of these values."""
        return cls(Counter(bucket_of(value) for value in values))

    @classmethod
    def merged(cls, rows: Iterable[Mapping[str, Any]]) -> Sketch:
        """The sketch of all rows' `sketch_buckets` and `sketch_counts` together."""
        counts: Counter[int] = Counter()
        for row in rows:
            buckets: Sequence[int] = row["sketch_buckets"]
            for bucket, count in zip(buckets, row["sketch_counts"], strict=True):
                counts[bucket] += int(count)
        return cls(counts)

    @property
    def n(self) -> int:
        """How many values it has seen."""
        return self.counts.total()

    def quantile(self, fraction: float) -> int | None:
        """The value below which `fraction` (0 to 1) of them lie, in whole units; None without any."""
        if not self.counts:
            return None
        rank, seen, bucket = fraction * (self.n - 1), 0, 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if seen > rank:
                break
        return round(2 * _GAMMA**bucket / (_GAMMA + 1)) if bucket else 1
