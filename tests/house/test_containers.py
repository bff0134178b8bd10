"""The containers start what `evosense up` starts, with the same words."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from evosense.stack.processes import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
HOME = "/var/lib/evosense/dagster"
ADDRESSES = {
    "dagster-code": {"host": "0.0.0.0", "port": "4000"},
    "dagster-webserver": {"host": "0.0.0.0", "port": "3000", "home": HOME},
    "dagster-daemon": {"home": HOME},
}


def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("service", ["api", "listener", "dagster-code", "dagster-daemon", "dagster-webserver"])
def test_a_service_runs_the_tested_command(service: str):
    expected = [word.format(**ADDRESSES.get(service, {})) for word in COMMANDS[service]]
    assert compose()["services"][service]["command"] == expected


def test_every_service_of_ours_is_watched_and_unprivileged():
    for name, service in compose()["services"].items():
        if service.get("image") == "evosense" and name != "migrate":
            assert service["healthcheck"]["test"], name
            assert service["cap_drop"] == ["ALL"], name
    assert "USER evosense" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_dagster_ui_is_not_published():
    assert "ports" not in compose()["services"]["dagster-webserver"]
