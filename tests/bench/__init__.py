"""Benchmarks: `make bench`, one subject with `make bench ONLY=e2e`."""
