"""Billing: plans and what they allow, and the Stripe subscription behind them.

Start with `state.py` (what a subscription's status means for a tenant), `entitlements.py` (what a tenant may use),
`limits.py` (how a limit is held under concurrency) and `project.py` (how Stripe's state becomes ours).
"""
