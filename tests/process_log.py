"""The log of a process, as the tests may read it."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Generator
from contextlib import contextmanager
from unittest import mock

import structlog

from evosense import log


@contextmanager
def process_log() -> Generator[io.StringIO]:
    """What the process logs, set up as its `main` does; logging is put back afterwards.

    A logger that another test used first is bound to the set-up of that time, which ends in the standard library's
    root logger as this one does: so the lines arrive here whatever ran before.
    """
    told, root, hook = io.StringIO(), logging.getLogger(), sys.excepthook
    handlers, level = root.handlers, root.level
    with mock.patch.object(sys, "stderr", told):
        log.configure(json=True)
    try:
        yield told
    finally:
        root.handlers, sys.excepthook = handlers, hook
        root.setLevel(level)
        structlog.reset_defaults()
