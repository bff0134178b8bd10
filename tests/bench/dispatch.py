"""How near dispatch comes to what the backend can do: 64 slots at 50 ms, a real HTTP server in another process.

One call is rendering, asking through limit and breaker, and validating. Beside it, in the same rounds, the users'
design (`requests.post`, one at a time) and bare sockets: what the machine and the server let anybody reach just then.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from dataclasses import asdict
from uuid import UUID

import requests

from evosense.ai.backend_spec import BackendSpec
from evosense.ai.lane import Lane
from evosense.ai.ollama import OllamaScorer
from evosense.ai.protocols import Turn
from evosense.ai.tasks import Task
from evosense.db.ids import new_id
from evosense.prompts.default import DEFAULT_PROMPT
from evosense.scoring.answers import ask_remote, build_request
from evosense.scoring.event_loop import new_loop
from evosense.scoring.models import Input, Question
from evosense.scoring.plan import Ask
from tests.bench.ai_world import NOON, standin
from tests.bench.bare_client import bare_rate
from tests.bench.figures import Context, Figure

LOOP = new_loop
_SLOTS, _LATENCY_MS = 64, 50.0
# Like the drain, which has the next questions in hand before a slot is free for them.
_CALLERS = 2 * _SLOTS
_LIMIT = _SLOTS / (_LATENCY_MS / 1000)
# Messages are seen once as a question and then as context of the next ones: these were seen before.
_CONTEXT = tuple(Turn("in" if n % 2 else "out", f"mensagem anterior {n} da conversa") for n in range(6))
_NUMBERS = itertools.count()


async def run(context: Context) -> list[Figure]:
    """Figures dispatch.limit_ratio and dispatch.cpu_us."""
    rounds, seconds = (7, 6.0) if context.is_full else (5, 3.0)
    with standin(latency_ms=_LATENCY_MS) as server:
        spec = BackendSpec("bench", "ollama", server.url, "qwen-test", slots=_SLOTS, timeout_seconds=10)
        scorer = OllamaScorer(spec)
        lane = Lane(scorer)
        await lane.identify()
        await _round(lane, 1.0)  # connections are opened and the limit has grown
        request = build_request(_ask(lane, 0).question, DEFAULT_PROMPT)
        body = {"model": "qwen-test", "messages": [asdict(m) for m in request.prompt], "format": request.output_schema}
        ratios: list[float] = []
        cpu: list[float] = []
        seeds: list[float] = []
        bare: list[float] = []
        for number in range(rounds):
            context.progress(f"round {number + 1} of {rounds}")
            rate, per_call = await _round(lane, seconds)
            ratios.append(rate / _LIMIT)
            cpu.append(per_call)
            bare.append(await bare_rate(f"{server.url}/api/chat", body, slots=_SLOTS, seconds=seconds / 2) / _LIMIT)
            seeds.append(await asyncio.to_thread(_seed_rate, server.webhook, seconds / 3))
        await scorer.close()
    details = {
        "per_second": round(statistics.median(ratios) * _LIMIT),
        "rounds": [round(ratio, 3) for ratio in ratios],
        "bare": [round(ratio, 3) for ratio in bare],
        "of_bare": round(statistics.median(one / floor for one, floor in zip(ratios, bare, strict=True)), 3),
        "seed_ratio": statistics.median(seeds) / _LIMIT,
    }
    limit = "slots / latency of the backend"
    return [
        Figure("dispatch.limit_ratio", statistics.median(ratios), "of the limit", "higher", 0.93, limit, details),
        Figure(
            "dispatch.cpu_us", statistics.median(cpu), "µs a call", "lower", 250,
            "CPU time of this process: rendering, HTTP, validation", {"rounds": [round(c) for c in cpu]},
        ),
    ]  # fmt: skip


_TENANT, _MESSAGE = new_id(), new_id()


def _ask(lane: Lane, number: int) -> Ask:
    """A question as the plan would hand it over; every text is another one."""
    task = Task(
        _TENANT, _MESSAGE, "score", "prod", 0, _MESSAGE, "", "", 0, None, 1, attempts=0, claims=1, fence=number,
        queue_ms=0,
    )  # fmt: skip
    text = f"Boa tarde, o pedido {number} chegou atrasado e ninguém me avisou. Quero falar com alguém."
    source = Input(_TENANT, _MESSAGE, b"", text, _CONTEXT, UUID(int=1), UUID(int=2), NOON.date())
    return Ask(Question(task, source, DEFAULT_PROMPT.prompt_hash, lane.config.config_hash), lane, DEFAULT_PROMPT)


async def _round(lane: Lane, seconds: float) -> tuple[float, float]:
    """Calls a second and CPU microseconds a call, with every slot asked for all the time."""
    until = time.perf_counter() + seconds
    done = 0

    async def caller() -> None:
        nonlocal done
        while time.perf_counter() < until:
            asked = await ask_remote(_ask(lane, next(_NUMBERS)))
            assert asked.scored[0].verdict.status == "ok", asked
            done += 1

    started, cpu = time.perf_counter(), time.process_time()
    async with asyncio.TaskGroup() as group:
        for _ in range(_CALLERS):
            group.create_task(caller())
    return done / (time.perf_counter() - started), 1e6 * (time.process_time() - cpu) / done


def _seed_rate(url: str, seconds: float) -> float:
    """Calls a second of the users' design."""
    until, done, started = time.perf_counter() + seconds, 0, time.perf_counter()
    while time.perf_counter() < until:
        body = {"tenant_id": "t", "message": "oi", "context": {"chat_id": "c", "sender": "x"}, "prompt_version": "v1"}
        requests.post(url, json=body, timeout=10).json()
        done += 1
    return done / (time.perf_counter() - started)
