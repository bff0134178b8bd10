"""Official scores by local day. Materialising a day asks for what is missing, works on it and waits for the rest."""

# No `from __future__ import annotations`: Dagster reads the annotation of `config` as a class.
import dagster as dg

from orchestration.defs.settle_days import SettleConfig, settle_days
from orchestration.partitions import LOCAL_DAYS


@dg.asset(
    # Which prompt is champion decides every score: the way from a KPI to the prompt behind it.
    deps=["prompts"],
    partitions_def=LOCAL_DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="bulk",
    group_name="scoring",
    kinds={"postgres"},
)
def message_scores(context: dg.AssetExecutionContext, config: SettleConfig) -> None:
    """One row of app.message_score per eligible message of the day (inbound text of individual chats)."""
    settle_days(context, "score", config)
