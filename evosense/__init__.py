"""The domain: decisions live here, delivery lives in the apps.

`import evosense as ev` gives notebooks `ev.compare(...)`, `ev.plan(...)`, `ev.shadows()`, `ev.open_report(...)`,
`ev.kpis(...)`, `ev.retention(...)`; they are loaded when first used, so that importing the package stays light.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evosense.experiments.notebook import compare, open_report, plan, shadows
    from evosense.exports.notebook import kpis, retention

__all__ = ["compare", "kpis", "open_report", "plan", "retention", "shadows"]
_OF_EXPORTS = frozenset({"kpis", "retention"})


def __getattr__(name: str) -> Any:
    if name in __all__:
        noun = "exports" if name in _OF_EXPORTS else "experiments"
        return getattr(importlib.import_module(f"evosense.{noun}.notebook"), name)
    message = f"module 'evosense' has no attribute {name!r}"
    raise AttributeError(message)
