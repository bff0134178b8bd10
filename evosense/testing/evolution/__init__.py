"""A stand-in Evolution API: the Socket.IO and HTTP behaviour of 2.3.7 without WhatsApp behind it.

Written from observed facts and independently of `evosense.evolution`, so that both can be held against each
other and against python-socketio. `python -m evosense.testing.evolution --help` runs it as a process.
"""

from evosense.testing.evolution.config import (
    DEMO_INSTANCES,
    EngineTimings,
    InstanceSpec,
    RetryPolicy,
    StandInConfig,
)
from evosense.testing.evolution.drafts import Draft, Quote, Target, new_key_id, phone_jid
from evosense.testing.evolution.faults import Faults
from evosense.testing.evolution.server import EvolutionStandIn

__all__ = [
    "DEMO_INSTANCES",
    "Draft",
    "EngineTimings",
    "EvolutionStandIn",
    "Faults",
    "InstanceSpec",
    "Quote",
    "RetryPolicy",
    "StandInConfig",
    "Target",
    "new_key_id",
    "phone_jid",
]
