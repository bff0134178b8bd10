"""A stand-in for Stripe: the part of its API that EvoSense uses, with a clock that can be set forward.

The real `stripe` client talks to it by base address. `Ledger` is the account (no network); `StripeStandIn` serves it;
`webhooks` signs and delivers its events, shuffled, doubled, late or lost; `histories` are twenty lives of a customer.
"""
