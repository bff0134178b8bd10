"""Doubles that ship with the package: servers that behave like the real ones, for tests and the demo."""
