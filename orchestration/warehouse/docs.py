"""The docs of the dbt project as one page: every model with its grain, columns, tests, lineage and SQL."""

from __future__ import annotations

import shutil
from pathlib import Path

from evosense.settings import DatabaseSettings
from orchestration.warehouse.invoke import run_dbt
from orchestration.warehouse.profile import dbt_environment


def docs_page(data_dir: Path) -> Path:
    """Where the page is, once it has been made. It holds no row of anybody: definitions and types only."""
    return data_dir.resolve() / "dbt" / "docs" / "index.html"


def write_docs(settings: DatabaseSettings) -> Path:
    """Make the page anew; whoever reads it meanwhile sees the former one. Answers its path.

    Raises:
        BuildFailed: dbt could not read the project or the database.
    """
    environment = dbt_environment(settings.require_direct_url(), settings.data_dir)
    run_dbt(["docs", "generate", "--static"], environment)
    page = docs_page(settings.data_dir)
    page.parent.mkdir(parents=True, exist_ok=True)
    fresh = page.with_suffix(".new")
    shutil.copyfile(Path(environment["DBT_TARGET_PATH"]) / "static_index.html", fresh)
    fresh.replace(page)
    return page
