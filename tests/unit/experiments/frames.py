"""Paired rows with known truths, as `evosense.experiments.frame` would read them."""

import numpy as np
import polars as pl

from tests.unit.experiments.statistics.chats import null_differences


def paired(
    seed: int, chats: int = 150, *, shift: float = 0.0, invalid: float = 0.0, slower: float = 1.0
) -> pl.DataFrame:
    """Rows of `chats` chats whose candidate scores `shift` higher."""
    rng = np.random.default_rng(seed)
    noise, codes = null_differences(rng, chats, sd=0.1)
    n = len(codes)
    a = np.clip(rng.normal(0, 0.4, n), -1, 1)
    b = np.clip(a + shift + noise, -1, 1)
    words = np.array(["raiva", "neutro", "alegria"])
    latency = rng.lognormal(5, 0.4, n)
    return pl.DataFrame(
        {
            "tenant": np.where(codes % 2 == 0, "t0", "t1"),
            "chat": codes,
            "hour": rng.integers(8, 12, n),
            "connection": "c",
            "text_length": rng.integers(1, 200, n),
            "status_a": "ok",
            "status_b": np.where(rng.random(n) < invalid, "invalid", "ok"),
            "sentiment_a": a,
            "sentiment_b": b,
            "satisfaction_a": 50 + 40 * a,
            "satisfaction_b": 50 + 40 * b,
            "emotion_a": words[np.searchsorted([-0.2, 0.2], a)],
            "emotion_b": words[np.searchsorted([-0.2, 0.2], b)],
            "tone_a": "neutro",
            "tone_b": "neutro",
            "latency_ms_a": latency,
            "latency_ms_b": latency * slower,
            "cost_micros_a": 10.0,
            "cost_micros_b": 10.0,
        }
    )
