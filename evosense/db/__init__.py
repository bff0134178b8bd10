"""Postgres: how processes connect, how a tenant's rows are reached, where the schema comes from."""
