"""Finding personal data in texts and putting typed tokens in its place, before anything is stored or sent."""

from evosense.redaction.models import Finding, Kind, Redacted
from evosense.redaction.redact import VERSION, find, mask, redact

__all__ = ["VERSION", "Finding", "Kind", "Redacted", "find", "mask", "redact"]
