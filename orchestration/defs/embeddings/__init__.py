"""When messages are embedded: at once by the warm drain, and day by day on demand."""
