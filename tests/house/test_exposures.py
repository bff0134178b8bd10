"""Every mart says who reads it, and what it names is there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from serving.openapi import document

ROOT = Path(__file__).resolve().parents[2]
EXPOSURES = yaml.safe_load((ROOT / "dbt" / "models" / "exposures.yml").read_text(encoding="utf-8"))["exposures"]
PATHS = {path.replace("{tenant_id}", "{id}") for path in json.loads(document())["paths"]}
MARTS = sorted(path.stem for path in (ROOT / "dbt" / "models" / "marts").glob("*.sql"))


def read_by_somebody() -> set[str]:
    refs = " ".join(ref for exposure in EXPOSURES for ref in exposure["depends_on"])
    return set(re.findall(r"ref\('(\w+)'\)", refs))


@pytest.mark.parametrize("mart", MARTS)
def test_every_mart_is_read_by_somebody(mart: str) -> None:
    assert mart in read_by_somebody()


@pytest.mark.parametrize("exposure", EXPOSURES, ids=lambda exposure: exposure["name"])
def test_what_reads_them_is_there(exposure: dict) -> None:
    label = exposure["label"]
    if label.startswith("notebooks/"):
        assert (ROOT / label).is_file()
    for path in re.findall(r"/[\w/{}-]+", label) if label.startswith(("GET ", "POST ")) else ():
        assert (path if path.startswith("/api/") else f"/api/tenants/{{id}}{path}") in PATHS, label
