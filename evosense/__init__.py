"""The domain: decisions live here, delivery lives in the apps.

`import evosense as ev` gives notebooks `ev.compare(...)`, `ev.plan(...)`, `ev.shadows()`, `ev.open_report(...)`; they
are loaded when first used, so that importing the package stays light.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evosense.experiments.notebook import compare, open_report, plan, shadows

__all__ = ["compare", "open_report", "plan", "shadows"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(importlib.import_module("evosense.experiments.notebook"), name)
    message = f"module 'evosense' has no attribute {name!r}"
    raise AttributeError(message)
