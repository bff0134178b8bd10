"""When things run: one folder a noun."""
