"""Prompt experiments: a million pairs, levels of the tests, how early harm is seen, what a repeated replay costs."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime

import numpy as np
import polars as pl

from evosense.experiments.compare import compare_frame
from evosense.experiments.models import Arm, Guardrail, Question
from evosense.experiments.monitor import read
from evosense.experiments.statistics import (
    cluster_bootstrap,
    clustered_mean,
    confidence_sequence,
    msprt,
    sign_flip_test,
    wilcoxon_pratt,
)
from tests.bench.experiments_replay import replay_twice
from tests.bench.figures import Context, Figure

ROWS, CHATS = 1_000_000, 50_000
_LATER = datetime(2026, 1, 1, tzinfo=UTC)
_WORDS = np.array(["raiva", "frustracao", "neutro", "alegria"])


def million(seed: int = 1) -> pl.DataFrame:
    """A million pairs in 50,000 chats with a small true effect."""
    rng = np.random.default_rng(seed)
    chat = rng.integers(CHATS, size=ROWS)
    own = rng.normal(0, 0.1, CHATS)[chat]
    a = np.clip(rng.normal(0, 0.4, ROWS), -1, 1)
    b = np.clip(a + 0.01 + own + rng.normal(0, 0.2, ROWS), -1, 1)
    kind = pl.Enum([*_WORDS])
    words = {
        side: pl.Series(_WORDS[np.searchsorted([-0.5, 0, 0.5], x)], dtype=kind) for side, x in (("a", a), ("b", b))
    }
    return pl.DataFrame(
        {
            "chat": chat,
            "hour": rng.integers(24, size=ROWS),
            "text_length": rng.integers(1, 300, size=ROWS),
            "status_a": np.where(rng.random(ROWS) < 0.99, "ok", "invalid"),
            "status_b": np.where(rng.random(ROWS) < 0.985, "ok", "invalid"),
            "sentiment_a": a,
            "sentiment_b": b,
            "satisfaction_a": 50 + 40 * a,
            "satisfaction_b": 50 + 40 * b,
            "emotion_a": words["a"],
            "emotion_b": words["b"],
            "tone_a": words["a"],
            "tone_b": words["b"],
            "latency_ms_a": rng.lognormal(5, 0.5, ROWS),
            "latency_ms_b": rng.lognormal(5.02, 0.5, ROWS),
            "cost_micros_a": rng.integers(10, 20, ROWS).astype(float),
            "cost_micros_b": rng.integers(10, 21, ROWS).astype(float),
        }
    )


def _compare_million(answers: multiprocessing.Queue[tuple[float, float]]) -> None:
    """Seconds of the comparison, and the highest memory of this process in GB (making the rows included)."""
    frame = million()
    started = time.perf_counter()
    arms = Arm("A", "p1:a", "c1:x"), Arm("B", "p1:b", "c1:x")
    compare_frame(frame, baseline=arms[0], candidate=arms[1], dataset_hash="d1:million")
    answers.put((time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6))


def _null(rng: np.random.Generator, chats: int) -> tuple[np.ndarray, np.ndarray]:
    """Differences without any effect, ICC 0.3, geometric chats of mean 8."""
    sizes = rng.geometric(1 / 8, size=chats)
    codes = np.repeat(np.arange(chats), sizes)
    return rng.normal(0, 0.16, chats)[codes] + rng.normal(0, 0.25, len(codes)), codes


def levels(runs: int) -> dict[str, dict[str, float]]:
    """Rejections at 0.05 of null experiments, by test and number of chats."""
    tests: dict[str, Callable[[np.ndarray, np.ndarray, int], float]] = {
        "sign_flip": lambda x, c, n: sign_flip_test(x, c, flips=1_000, seed=n).p,
        "t_cr1": lambda x, c, _: clustered_mean(x, c).p,
        "naive_t": lambda x, _c, _n: clustered_mean(x).p,
        "wilcoxon_chat_means": lambda x, c, _: wilcoxon_pratt(x, c).p,
        "bootstrap_percentile": lambda x, c, n: cluster_bootstrap(x, clusters=c, draws=500, seed=n).p,
        "bootstrap_studentised": lambda x, c, n: (
            cluster_bootstrap(x, clusters=c, draws=500, seed=n, method="studentised").p
        ),
    }
    found: dict[str, dict[str, float]] = {}
    for chats in (10, 50, 300):
        rng = np.random.default_rng(chats)
        samples = [_null(rng, chats) for _ in range(runs)]
        found[str(chats)] = {
            name: float(np.mean([test(x, c, n) <= 0.05 for n, (x, c) in enumerate(samples)]))
            for name, test in tests.items()
        }
    return found


def peeking(runs: int) -> dict[str, float]:
    """Rejections at 0.05 of null experiments that were looked at 40 times, chat by chat to 2,000."""
    rng = np.random.default_rng(7)
    looks = np.arange(50, 2_001, 50) - 1
    t = np.arange(1, 2_001)
    hits = {"fixed_z": 0, "confidence_sequence": 0, "msprt": 0}
    for _ in range(runs):
        chats = rng.normal(0, 0.3, size=2_000)
        running = confidence_sequence(chats, t_star=500)
        z = running.estimates / np.sqrt(np.cumsum(chats**2) / t / t)
        hits["fixed_z"] += bool((np.abs(z[looks]) > 1.96).any())
        hits["confidence_sequence"] += bool(((running.lows > 0) | (running.highs < 0))[looks].any())
        hits["msprt"] += msprt(chats, tau=0.02).p <= 0.05
    return {name: count / runs for name, count in hits.items()}


def harm_fraction(runs: int, planned: int = 1_000) -> float:
    """Largest share of the planned chats that a prompt 0.1 worse gets before it is stopped, over repeated shadows."""
    worst = 0.0
    question = Question(guardrails=(Guardrail("invalid", 0.01),))
    for run in range(runs):
        rows = _shadow_rows(np.random.default_rng(run), planned)
        stop = next(
            units
            for units in range(50, planned, 10)
            if read(rows.filter(pl.col("place") < units), "b", question, planned, now=_LATER).decision == "harm_stop"
        )
        worst = max(worst, stop / planned)
    return worst


def _shadow_rows(rng: np.random.Generator, chats: int) -> pl.DataFrame:
    differences, codes = _null(rng, chats)
    a = np.clip(rng.normal(0, 0.3, len(codes)), -1, 1)
    closed = pl.Series(codes * 60_000_000).cast(pl.Datetime("us", "UTC"))
    return pl.DataFrame(
        {
            "place": codes,
            "chat": codes.astype(str),
            "sent_at": closed,
            "local_day": closed.dt.date(),
            "status_a": "ok",
            "status_b": "ok",
            "sentiment_a": a,
            "sentiment_b": a - 0.1 + differences,
            "latency_ms_a": 1.0,
            "latency_ms_b": 1.0,
        }
    )


async def run(context: Context) -> list[Figure]:
    """The figures of issue 5; `replay.rerun_calls` is counted through the real drain."""
    context.progress("a million pairs")
    answers: multiprocessing.Queue[tuple[float, float]] = multiprocessing.get_context("spawn").Queue()
    worker = multiprocessing.get_context("spawn").Process(target=_compare_million, args=(answers,))
    worker.start()
    seconds, gigabytes = answers.get()
    worker.join()
    context.progress("levels")
    found = levels(2_000 if context.is_full else 600)
    context.progress("peeking")
    peeked = peeking(1_000 if context.is_full else 300)
    context.progress("harm")
    fraction = harm_fraction(20 if context.is_full else 5)
    context.progress("replay")
    story = await replay_twice(50_000 if context.is_full else 3_000)
    worst = max(row["sign_flip"] for row in found.values())
    return [
        Figure("compare.million_s", seconds, "s", "lower", 20, "1M pairs, 50,000 chats, 2,000 draws, 2 cores"),
        Figure("compare.million_gb", gigabytes, "GB", "lower", 2, "the same"),
        Figure("stats.null_level_max", worst, "share", "lower", 0.07, "0.05 and Monte-Carlo error", {"levels": found}),
        Figure(
            "stats.peeking_level",
            max(peeked["confidence_sequence"], peeked["msprt"]),
            "share",
            "lower",
            0.05,
            "40 looks; a fixed z test in details",
            {"levels": peeked},
        ),
        Figure("shadow.harm_stop_fraction", fraction, "share of the plan", "lower", 0.2, "a prompt that is 0.1 worse"),
        Figure("replay.rerun_calls", story.rerun_calls, "calls", "lower", 0, "the same window again", asdict(story)),
        Figure(
            "replay.verdicts_right", story.right, "of 3", "higher", 3, f"{story.messages} demo messages", asdict(story)
        ),
    ]
