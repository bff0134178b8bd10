"""Prompt experiments: replays as dynamic partitions, shadows watched by a sensor, prompts with who is live."""

from orchestration.defs.experiments.assets import comparisons, prompts
from orchestration.defs.experiments.drift import champion_drift, watch_drift
from orchestration.defs.experiments.sensors import drive_replays, request_replay
from orchestration.defs.experiments.shadows import shadows, watch_shadows

ASSETS = [comparisons, prompts, shadows]
JOBS = [request_replay]
CHECKS = [champion_drift]
SENSORS = [drive_replays, watch_shadows, watch_drift]
