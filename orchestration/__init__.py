"""Dagster: when things run. What they do is decided in `evosense`."""

import warnings

# Dagster still calls backfill policies beta and says so at every start; ours are pinned with its version.
warnings.filterwarnings("ignore", message=r"Parameter `backfill_policy`.*")
