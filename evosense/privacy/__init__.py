"""Keeping no longer than promised, and people's rights over their data: retention, erasure, requests, legal hold."""
