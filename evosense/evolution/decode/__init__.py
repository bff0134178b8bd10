"""From the `data` of an envelope to canonical events, one module for each family of events."""
