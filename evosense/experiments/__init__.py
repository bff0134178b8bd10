"""Prompt experiments: is prompt B better than prompt A, on the same messages, with honest statistics."""
