"""Tenants: customer companies, their keys, their people."""
