"""Scoring messages: what a model is asked, what of its answer counts, and the loop that keeps up with the tasks."""
