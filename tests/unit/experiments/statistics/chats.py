"""Simulated chats: geometric sizes with mean 8, differences that resemble one another within a chat."""

import numpy as np


def null_differences(rng: np.random.Generator, chats: int, *, icc: float = 0.3, sd: float = 0.3, mean: float = 0.0):
    """Differences and chat codes of one experiment whose true effect is `mean`."""
    sizes = rng.geometric(1 / 8, size=chats)
    codes = np.repeat(np.arange(chats), sizes)
    between = rng.normal(0, sd * np.sqrt(icc), size=chats)[codes]
    within = rng.normal(0, sd * np.sqrt(1 - icc), size=len(codes))
    return mean + between + within, codes
