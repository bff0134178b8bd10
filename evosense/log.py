"""Structured logs: constant event names, values as fields; columns for a person, JSON for machines.

Message texts, names, phone numbers and tokens stay out by never being logged; `_scrub` is the net below that:
it masks the fields that carry secrets and any run of digits or address that looks personal.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET_FIELDS = re.compile(r"(token|secret|password|apikey|api_key|authorization|cookie|signature)", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_JID = re.compile(r"\b\d{8,}(?:[:.]\d+)?@(?:s\.whatsapp\.net|lid|g\.us|c\.us)\b")
# CPF, CNPJ, phones and cards, masked or bare; UUIDs are left alone because hex groups are not digits only.
_DIGITS = re.compile(r"(?<![\w-])\+?\(?\d[\d .()/-]{9,}\d(?![\w-])")
_URL_PASSWORD = re.compile(r"(\w+://[^:/@\s]+:)[^@\s]+@")
_FREE_TEXT = ("exception", "error", "reason", "detail", "event", "message")

EventDict = MutableMapping[str, Any]


def scrub(text: str) -> str:
    """`text` without what looks like a password in a URL, an e-mail, a WhatsApp address or a document number."""
    text = _URL_PASSWORD.sub(r"\1***@", text)
    text = _JID.sub("<jid>", text)
    text = _EMAIL.sub("<email>", text)
    return _DIGITS.sub("<number>", text)


def _scrub(_logger: Any, _method: str, event: EventDict) -> EventDict:
    for key, value in event.items():
        if _SECRET_FIELDS.search(key):
            event[key] = "***"
        elif isinstance(value, str) and key in _FREE_TEXT:
            event[key] = scrub(value)
    return event


def configure(*, json: bool | None = None, level: str = "info") -> None:
    """Set logging up for this process, standard library's loggers included; JSON unless stderr is a terminal."""
    as_json = (not sys.stderr.isatty()) if json is None else json
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _scrub,
    ]
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
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
