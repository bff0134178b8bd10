"""Prompts: immutable versions named by their content, and the channels that point to them."""
