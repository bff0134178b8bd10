"""How the messages of a database ended, and the AI stand-in as a process that can be killed and comes back."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass

import psycopg

_ENDS = """
select
    count(*) as messages,
    count(*) filter (where s.message_id is not null) as scored,
    count(*) filter (where s.message_id is null and (unusable.found or given_up.found)) as with_reason,
    count(*) filter (where s.message_id is null and not unusable.found and not given_up.found) as lost,
    count(*) filter (where s.message_id is not null and given_up.found) as twice,
    (select count(*) from app.ai_task as w where w.kind = 'score') as waiting
from app.message as m
inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
left join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id
cross join lateral (
    select exists (
        select from app.inference as i
        where i.tenant_id = m.tenant_id and i.message_id = m.id and i.status in ('invalid', 'truncated', 'refused')
    ) as found
) as unusable
cross join lateral (
    select exists (
        select from app.failed_task as f
        where f.tenant_id = m.tenant_id and f.kind = 'score' and f.subject_id = m.id and f.replayed_at is null
    ) as found
) as given_up
where m.direction = 'in' and m.chat_kind = 'individual' and m.type <> 'reaction'
and b.text <> '' and b.deleted_at is null
"""


@dataclass(frozen=True)
class Endings:
    """Eligible messages: all, with a champion score, with a reason instead, with neither, with both; work left."""

    messages: int
    scored: int
    with_reason: int
    lost: int
    twice: int
    waiting: int

    @property
    def is_sound(self) -> bool:
        """Whether every message ended with exactly one score or one reason."""
        return (self.lost, self.twice, self.waiting) == (0, 0, 0) and self.scored + self.with_reason == self.messages


async def endings(url: str, *, at_least: int, seconds: float) -> Endings:
    """How they ended when there are so many and nothing waits any more; as it is after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = await asyncio.to_thread(_look, url)
        except psycopg.OperationalError:  # the database is coming back
            found = Endings(0, 0, 0, 0, 0, 1)
        if (found.messages >= at_least and found.waiting == 0) or time.monotonic() > deadline:
            return found
        await asyncio.sleep(0.5)


def _look(url: str) -> Endings:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(_ENDS).fetchone()
    assert row is not None
    return Endings(*row)


class MortalBackend:
    """The stand-in on a port of its own: killed with SIGKILL, it comes back there."""

    def __init__(self, *, latency_ms: float, port: int = 0) -> None:
        self._latency_ms = latency_ms
        self._port = port
        self.url = ""
        self._start()

    def _start(self) -> None:
        command = [sys.executable, "-m", "evosense.testing.ai", "--latency-ms", str(self._latency_ms)]
        self._process = subprocess.Popen([*command, "--port", str(self._port)], stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self.url = json.loads(self._process.stdout.readline())["url"]
        self._port = int(self.url.rsplit(":", 1)[1])

    async def kill(self, away_seconds: float) -> None:
        """Kill it, and start it again after so long."""
        self.end()
        await asyncio.sleep(away_seconds)
        await asyncio.to_thread(self._start)

    def end(self) -> None:
        """Kill it for good."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
