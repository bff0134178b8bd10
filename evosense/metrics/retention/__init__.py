"""Who comes back: cohorts, lifecycle, stickiness, silent churn, and the tenants' own retention."""
