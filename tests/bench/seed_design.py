"""The users' design of writing results: one Celery task a message, on their tables with their indexes.

A task reads the message, saves five fields, updates the vector from a text and creates the inference. Each statement
commits by itself, and each task opens a connection and closes it (Celery's Django fixup with CONN_MAX_AGE 0): what
Django does unless told otherwise, and their documents don't. What the ORM and Celery cost beside that is left out.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

_TABLES = Path(__file__).with_name("seed_tables.sql").read_text(encoding="utf-8")
_READ = "select * from messages_message where id = %s limit 21"
_SAVE = (
    "update messages_message set sentiment = 0.4, emotion = 'positivo', satisfaction = 70, tone = 'cordial',"
    " summary = 'Cliente elogia a entrega e agradece o atendimento.' where id = %s"
)
_EMBED = "update messages_message set embedding = %s::vector where id = %s"
_CREATE = (
    "insert into experiments_inference (tenant_id, message_id, model_name, prompt_version, template_hash, latency_ms,"
    " sentiment, emotion, satisfaction, is_shadow, run_id, created_at)"
    " values (%s, %s, 'qwen-local', 'v1', '...', 50, 0.4, 'positivo', 70, false, 'prod', now()) returning id"
)


class SeedDesign:
    """Writes the messages of `seed.messages_message` one after the other."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._next = 1
        self._vector = np.random.default_rng(2).normal(size=768).tolist()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_TABLES.encode())

    def rate(self, count: int, *, keeps_connection: bool = False) -> float:
        """Messages a second of `count` more; `keeps_connection` is what a setting of Django's would change."""
        messages = range(self._next, self._next + count)
        self._next += count
        started = time.perf_counter()
        for batch in [messages] if keeps_connection else ([message] for message in messages):
            self._run(batch)
        return count / (time.perf_counter() - started)

    def _run(self, messages: Iterable[int]) -> None:
        options = "-c search_path=seed,public"
        with psycopg.connect(self._url, autocommit=True, options=options) as connection:
            for message in messages:
                self._task(connection, message)

    def _task(self, connection: psycopg.Connection[Any], message: int) -> None:
        row = connection.execute(_READ, (message,)).fetchone()
        assert row is not None
        connection.execute(_SAVE, (message,))
        text = "[" + ",".join(f"{x:.6f}" for x in self._vector) + "]"
        connection.execute(_EMBED, (text, message))
        connection.execute(_CREATE, (row[1], message)).fetchone()
