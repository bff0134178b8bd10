"""Doubles that ship with the package: honest peers for tests, the demo and benchmarks."""
