"""Structured logs: constant event names, values as fields; columns for a person, JSON for machines.

Message texts, names, phone numbers and tokens stay out by never being logged. `redact_event` is the net below that, for
every value of every line, the standard library's loggers and tracebacks included: fields that carry secrets or words
are masked by their name, and in every other text tokens, passwords, addresses and what the detectors of
`evosense.redaction` find (CPF, CNPJ, e-mail, phone, card, PIX) by their looks.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, MutableMapping
from types import TracebackType
from typing import Any, Final, cast
from uuid import UUID

import structlog

_SECRET_FIELDS = re.compile(r"(token|secret|password|apikey|api_key|authorization|cookie|signature)", re.IGNORECASE)
# What people wrote, or are called.
_WORDS: Final = frozenset(
    {"text", "body", "caption", "conversation", "message_text", "content", "summary", "push_name", "pushName", "prompt"}
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_JID = re.compile(r"\b\d{8,}(?:[:.]\d+)?@(?:s\.whatsapp\.net|lid|g\.us|c\.us)\b")
# CPF, CNPJ, phones and cards, masked or bare, valid or not; UUIDs are left alone: their groups are not digits only.
_DIGITS = re.compile(r"(?<![\w-])\+?\(?\d[\d .()/-]{9,}\d(?![\w-])")
_URL_PASSWORD = re.compile(r"(\w+://[^:/@\s]+:)[^@\s]+@")
_NAMED_SECRET = re.compile(
    r"""(?i)\b(apikey|api_key|token|secret|password|authorization)(["']?\s*[:=]\s*["']?)(?:bearer\s+)?[^\s"',;&}]+"""
)
_BEARER = re.compile(r"(?i)\bbearer\s+[\w.~+/=-]{8,}")
_JWT = re.compile(r"\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*")
# A database's error quotes the row, and pydantic's the input.
_QUOTED_ROW = re.compile(r"(?m)^(\s*(?:DETAIL|CONTEXT|QUERY):).*$")
_QUOTED_INPUT = re.compile(r"input_value=.*?(?=, input_type)", re.DOTALL)
_DEEPEST: Final = 6

EventDict = MutableMapping[str, Any]
Mask = Callable[[str], str]


def scrub(text: str) -> str:
    """`text` without what looks like a secret, an e-mail, a WhatsApp address or a document number."""
    text = _URL_PASSWORD.sub(r"\1***@", text)
    text = _NAMED_SECRET.sub(r"\1\2***", text)
    text = _BEARER.sub("Bearer ***", text)
    text = _JWT.sub("***", text)
    text = _QUOTED_ROW.sub(r"\1 ***", text)
    text = _QUOTED_INPUT.sub("input_value=***", text)
    text = _JID.sub("<jid>", text)
    text = _EMAIL.sub("<email>", text)
    return _DIGITS.sub("<number>", text)


def redact_event(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """The structlog processor: masks what must not be in a log, in place."""
    from evosense.redaction import mask  # heavy; a command that logs nothing need not wait for it

    for key, value in event.items():
        if key not in ("timestamp", "level") and not key.startswith("_"):  # structlog's own begin with _
            event[key] = _redacted(key, value, mask)
    return event


def _redacted(key: str, value: Any, mask: Mask, depth: int = 0) -> Any:
    if _SECRET_FIELDS.search(key) or key in _WORDS:
        return "***"
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, str):
        return value if _is_uuid(value) else scrub(mask(value))
    if value is None or isinstance(value, bool | int | float):
        return value if not _is_personal_number(value) else "<number>"
    if depth >= _DEEPEST:
        return "***"
    if isinstance(value, dict):
        fields = cast("dict[Any, Any]", value)
        return {name: _redacted(str(name), child, mask, depth + 1) for name, child in fields.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = cast("list[Any]", value)
        return [_redacted("", child, mask, depth + 1) for child in items]
    return scrub(mask(str(value)))


def _is_uuid(value: str) -> bool:
    try:
        return len(value) == 36 and bool(UUID(value))
    except ValueError:
        return False


def _is_personal_number(value: object) -> bool:
    """A phone or document number as an integer has 11 digits or more; nothing that we count has."""
    return type(value) is int and abs(value) >= 10**10


def _log_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What nobody caught goes the same way as everything: its message may quote data."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    get_logger("evosense.crash").critical("crashed", exc_info=(kind, error, trace))


def keep_apart(logger: str) -> None:
    """Write what another package's logger says the way of our own lines, redacted, and nowhere else."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact_event,
    ]
    theirs = logging.getLogger(logger)
    theirs.handlers = [_redacting_handler(shared, structlog.processors.JSONRenderer())]
    theirs.propagate = False


def _redacting_handler(shared: list[Any], renderer: Any) -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    return handler


def configure(*, json: bool | None = None, level: str = "info") -> None:
    """Set logging up for this process, standard library's loggers included; JSON unless stderr is a terminal."""
    as_json = (not sys.stderr.isatty()) if json is None else json
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact_event,
    ]
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    handler = _redacting_handler(shared, renderer)
    sys.excepthook = _log_crash
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A structured logger for the module called `name`."""
    return structlog.stdlib.get_logger(name)
