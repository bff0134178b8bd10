"""Telling whoever listens that something happened."""
