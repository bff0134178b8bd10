"""The rules of the house that no linter knows."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAX_LINES = 300


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).is_file()]


def test_dbt_holds_no_python_package():
    """An __init__.py in dbt/ would shadow the dbt library."""
    assert list((ROOT / "dbt").rglob("__init__.py")) == []


def test_files_stay_short():
    # schema.d.ts is generated from the API's OpenAPI document.
    code = [path for path in tracked("*.py", "*.sql", "*.ts", "*.tsx") if path.name != "schema.d.ts"]
    long = {
        str(path.relative_to(ROOT)): lines
        for path in code
        if path.parent.name != "migrations" and (lines := len(path.read_text().splitlines())) > MAX_LINES
    }
    assert long == {}


def test_nothing_is_called_utils():
    vague = re.compile(r"(^|_)(utils?|helpers?|common|manager|misc)(_|$)")
    assert [path for path in tracked("*.py") if vague.search(path.stem)] == []


@pytest.mark.parametrize("package", ["evosense", "ingestion", "orchestration", "serving"])
def test_every_folder_of_code_is_a_package(package: str):
    folders = {path.parent for path in tracked(f"{package}/**/*.py", f"{package}/*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_only_settings_reads_the_environment():
    # The launchers pass an environment on to the processes that they start.
    allowed = {"evosense/settings.py"}
    readers = {
        str(path.relative_to(ROOT))
        for path in tracked("evosense/**/*.py", "ingestion/*.py", "serving/**/*.py", "orchestration/**/*.py")
        if re.search(r"os\.environ\[|os\.environ\.get|os\.getenv", path.read_text())
    }
    assert readers - allowed == set()
