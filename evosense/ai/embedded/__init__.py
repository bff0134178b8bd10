"""Models that run inside EvoSense: word lists and rules, no network, no weights, honestly named."""
