"""Every mart says who reads it, and what it names is there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from evosense.metrics.metric import Metric
from evosense.metrics.registry import METRICS
from evosense.metrics.reports import REPORTED, Reported
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


@pytest.mark.parametrize("figure", REPORTED, ids=lambda figure: figure.name)
def test_figures_of_reports_come_from_somewhere(figure: Reported) -> None:
    assert (ROOT / figure.source).is_file()
    assert (
        figure.endpoint if figure.endpoint.startswith("/api/") else f"/api/tenants/{{id}}{figure.endpoint}"
    ) in PATHS


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_metrics_come_from_somewhere(metric: Metric) -> None:
    mart, live = (part.split(":") for part in metric.source.split("; "))
    assert (ROOT / mart[0]).is_file()
    assert f"-- name: {live[1].strip()}\n" in (ROOT / live[0]).read_text(encoding="utf-8")
