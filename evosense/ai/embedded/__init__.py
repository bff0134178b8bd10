"""Models that run inside EvoSense: word lists and rules, honest about what they are, no network, no weights."""
