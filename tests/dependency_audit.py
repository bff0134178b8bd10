"""`make audit`: known vulnerabilities in what requirements.lock and package-lock.json pin.

A vulnerability fails. An advisory service that can't be reached does not, but it is said, and so is what was not
audited for it: silence never stands for "nothing found".
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

ROOT = Path(__file__).resolve().parents[1]
BINARIES = Path(sys.executable).parent
_PYTHON = ("pip-audit", "--disable-pip", "--require-hashes", "-r", "requirements.lock", "--progress-spinner", "off")
_NODE = ("npm", "audit", "--package-lock-only", "--json")
_SECONDS = 300


@dataclass(frozen=True)
class Verdict:
    """What an audit came to."""

    audited: int
    skipped: int
    vulnerable: tuple[str, ...]

    def say(self, of: str) -> str:
        """One sentence for the log of the CI."""
        if not self.audited:
            return f"{of}: NOT AUDITED, the advisory service can't be reached from here; run `make audit` where it can"
        left = f", {self.skipped} could not be looked up" if self.skipped else ""
        found = "; ".join(self.vulnerable) or "no known vulnerability"
        return f"{of}: {self.audited} packages audited{left}: {found}"


def judge_python(report: str) -> Verdict:
    """What pip-audit's JSON says. Anything else than its JSON means that it could not ask."""
    try:
        packages: list[dict[str, Any]] = json.loads(report)["dependencies"]
    except (json.JSONDecodeError, KeyError, TypeError):
        return Verdict(0, 0, ())
    asked = [package for package in packages if "skip_reason" not in package]
    vulnerable = [
        f"{package['name']} {package['version']} ({', '.join(each['id'] for each in package['vulns'])})"
        for package in asked
        if package["vulns"]
    ]
    return Verdict(len(asked), len(packages) - len(asked), tuple(vulnerable))


def judge_node(report: str) -> Verdict:
    """What `npm audit --json` says."""
    try:
        found = json.loads(report)
        total = int(found["metadata"]["dependencies"]["total"])
    except (json.JSONDecodeError, KeyError, TypeError):
        return Verdict(0, 0, ())
    vulnerable = [f"{name} ({each['severity']})" for name, each in sorted(found.get("vulnerabilities", {}).items())]
    return Verdict(total, 0, tuple(vulnerable))


def _run(command: tuple[str, ...], folder: Path) -> str:
    try:
        done = subprocess.run(
            [str(BINARIES / command[0]), *command[1:]],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout


def main() -> int:
    """Audit both; 1 when something is vulnerable."""
    python = judge_python(_run((*_PYTHON, "--format", "json"), ROOT))
    node = judge_node(_run(_NODE, ROOT / "serving" / "dashboard"))
    for of, verdict in (("Python", python), ("Node", node)):
        Console().print(verdict.say(of), soft_wrap=True)
    return 1 if python.vulnerable or node.vulnerable else 0


if __name__ == "__main__":
    sys.exit(main())
