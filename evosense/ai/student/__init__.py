"""A small linear model that learns from what a tenant's champion and its people said of its own messages.

Free and instant, for when the backend is away: it scores only where a tenant's list of backends names it, and each
inference names the very weights it came from.
"""
