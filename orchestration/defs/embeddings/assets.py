"""Vectors by local day. Materialising a day asks for what is missing, works on it and waits for the rest."""

# No `from __future__ import annotations`: Dagster reads the annotation of `config` as a class.
import dagster as dg

from orchestration.defs.settle_days import SettleConfig, settle_days
from orchestration.partitions import LOCAL_DAYS


@dg.asset(
    partitions_def=LOCAL_DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="bulk",
    group_name="scoring",
    kinds={"postgres"},
)
def message_embeddings(context: dg.AssetExecutionContext, config: SettleConfig) -> None:
    """One row of app.message_embedding per message with text of the day, where the plan has embeddings."""
    settle_days(context, "embed", config)
