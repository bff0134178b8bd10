"""Which text of the dbt project a warehouse was built with: another one makes all that it built old."""

from __future__ import annotations

from functools import cache
from hashlib import sha256

from orchestration.warehouse.profile import PROJECT_DIR


@cache
def project_version() -> str:
    """Another one whenever a model, contract, macro or setting of the project changes."""
    digest = sha256((PROJECT_DIR / "dbt_project.yml").read_bytes())
    for folder in ("models", "macros"):
        for path in sorted((PROJECT_DIR / folder).rglob("*.*")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
