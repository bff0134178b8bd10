"""A setting without documentation, or a documented one that does not exist, fails here."""

import re
from pathlib import Path

from evosense.settings import GROUPS

ROOT = Path(__file__).resolve().parents[2]


def settings() -> set[str]:
    return {name.upper() for group in GROUPS for name in group.model_fields}


def test_every_setting_is_in_the_example_file():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE)) == settings()


def test_every_setting_is_in_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.split("## Settings", 1)[1].split("\n## ", 1)[0]
    assert set(re.findall(r"^\| `([A-Z][A-Z0-9_]+)`", table, re.MULTILINE)) == settings()
