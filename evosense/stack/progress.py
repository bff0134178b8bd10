"""Show what the stack does: a live table on a terminal, one line an event elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from evosense.stack.supervisor import Reporter

Write = Callable[[str], None]


@dataclass(frozen=True)
class PlainReporter:
    """One line an event, for pipes, containers and CI."""

    write: Write

    def starting(self, name: str) -> None:
        """Say that a part starts."""
        self.write(f"{name}: starting")

    def ready(self, name: str, seconds: float, detail: str) -> None:
        """Say that it works."""
        self.write(f"{name}: ready after {seconds:.1f} s{f' ({detail})' if detail else ''}")

    def died(self, name: str, how: str, log: str, retry_seconds: float) -> None:
        """Say how it ended and where to look."""
        self.write(f"{name}: ended ({how}), see {log}; starting it again in {retry_seconds:.1f} s")

    def stopping(self, name: str) -> None:
        """Say that it is being stopped."""
        self.write(f"{name}: stopping")


@dataclass
class LiveReporter:
    """A table that redraws itself while parts start; plain lines once `finish` was called."""

    console: Console
    parts: tuple[str, ...]
    _rows: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    _live: Live | None = None

    def begin(self) -> None:
        """Draw the table."""
        self._live = Live(self._table(), console=self.console, refresh_per_second=8, transient=False)
        self._live.start()

    def finish(self) -> None:
        """Leave the table as it is and print lines from now on."""
        if self._live is not None:
            self._live.update(self._table(), refresh=True)
            self._live.stop()
            self._live = None

    def starting(self, name: str) -> None:
        """Show a spinner."""
        self._show(name, "starting", "")

    def ready(self, name: str, seconds: float, detail: str) -> None:
        """Show a tick."""
        self._show(name, "ready", f"{seconds:.1f} s{f', {detail}' if detail else ''}")

    def died(self, name: str, how: str, log: str, retry_seconds: float) -> None:
        """Show how it ended and where to look."""
        self._show(name, "ended", f"{how}; see {log}; again in {retry_seconds:.1f} s")

    def stopping(self, name: str) -> None:
        """Show that it is being stopped."""
        self._show(name, "stopping", "")

    def _show(self, name: str, state: str, detail: str) -> None:
        self._rows[name] = (state, detail)
        if self._live is not None:
            self._live.update(self._table())
        else:
            self.console.print(Text.assemble(_mark(state), f" {name} {state} ", (detail, "dim")))

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 1))
        for name in self.parts:
            state, detail = self._rows.get(name, ("waiting", ""))
            mark = Spinner("dots") if state == "starting" else _mark(state)
            table.add_row(mark, name, Text(detail or state, style="dim"))
        return table


def _mark(state: str) -> Text:
    sign, style = {"ready": ("✓", "green"), "ended": ("✗", "red"), "stopping": ("■", "yellow")}.get(state, ("·", "dim"))
    return Text(sign, style=style)


@contextmanager
def reporter_for(parts: tuple[str, ...]) -> Generator[tuple[Reporter, Write, Callable[[], None]]]:
    """A reporter that suits standard output; yields it, a function that prints text, and one that ends the table."""
    if not sys.stdout.isatty():
        yield PlainReporter(_print_line), _print_line, lambda: None
        return
    console = Console(highlight=False)
    live = LiveReporter(console, parts)
    live.begin()
    try:
        yield live, lambda text: console.print(text, markup=False), live.finish
    finally:
        live.finish()


def _print_line(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
