"""When messages are scored: at once by the warm drain, and day by day on demand."""
