"""Dagster: when each asset of the platform runs."""
