"""Fixtures that every test may use. Real Postgres: one cluster a session, one migrated template, one clone a test."""
