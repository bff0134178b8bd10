"""Conversations: what a thread of messages falls into when it is cut at long silences."""
