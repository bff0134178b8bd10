"""Vectors of messages: one per message and embedding model, written in batches."""
