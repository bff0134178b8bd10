"""What changed between two prompt versions, as a unified diff that people can read."""

from __future__ import annotations

import difflib
import json
from typing import Any

from evosense.prompts.channels import Version


def diff(old: Version, new: Version) -> str:
    """Unified diff of messages, few-shots, variables and schema; empty when both say the same."""
    lines = difflib.unified_diff(
        _readable(old), _readable(new), f"{old.name}@v{old.version_no}", f"{new.name}@v{new.version_no}", lineterm=""
    )
    return "\n".join(lines)


def _readable(version: Version) -> list[str]:
    lines: list[str] = []
    for message in version.template["messages"]:
        lines += [f"[{message['role']}]", *str(message["content"]).splitlines()]
    for shot in version.template["few_shots"]:
        lines += ["[example]", *_pretty(shot)]
    variables = version.template.get("variables", {})
    lines += [f"[variable {name}] {value}" for name, value in sorted(variables.items())]
    return [*lines, "[schema]", *_pretty(version.output_schema)]


def _pretty(value: Any) -> list[str]:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True).splitlines()
