"""Who may do what, as the running API answers: every endpoint × role × {own company, foreign company, no token}.

`make security-report` prints it; test_security_report.py fails when a cell is not what the matrix says or is missing.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from serving.permissions import PERMISSIONS
from tests.integration.serving.account_cases import PLATFORM_ROUTES
from tests.integration.serving.case import Case
from tests.integration.serving.conftest import Api, Person
from tests.integration.serving.test_isolation_matrix import CASES, OPEN, SOCKETS, traces_of
from tests.integration.serving.things import Things

# The log-in of those who run the platform, with its own limits and its own test.
_PLATFORM_DOOR = {"POST /api/platform/login"}
_NOBODY = "00000000-0000-7000-8000-000000000000"
PEOPLE = {"admin": "ana", "operator": "otto", "analyst": "alice"}


@dataclass(frozen=True)
class Cell:
    """What one kind of caller got, and whether that is right."""

    shown: str
    is_right: bool

    def __str__(self) -> str:
        return self.shown if self.is_right else f"[bold red]{self.shown} ✗[/]"


@dataclass
class Row:
    """One way to call one endpoint. `cells`: role → own, foreign; `nobody`: without a token."""

    endpoint: str
    how: str
    nobody: Cell
    cells: dict[str, tuple[Cell, Cell]] = field(default_factory=dict)

    @property
    def is_right(self) -> bool:
        return self.nobody.is_right and all(cell.is_right for pair in self.cells.values() for cell in pair)


async def rows(api: Api, people: dict[str, Person], things: Things) -> list[Row]:
    """Call everything and note what came."""
    found = [await _row(api, people, things, case) for case in CASES]
    found += [await _platform_row(api, people, route) for route in sorted(PLATFORM_ROUTES - _PLATFORM_DOOR)]
    return found + [await _socket_row(api, people, socket) for socket in sorted(SOCKETS)]


def covered(made: list[Row]) -> set[str]:
    """The endpoints that have a row, and those that are open to everybody on purpose."""
    return {row.endpoint for row in made} | OPEN | _PLATFORM_DOOR


async def _row(api: Api, people: dict[str, Person], things: Things, case: Case) -> Row:
    bia = people["bia"]

    async def call(whose: Person, headers: dict[str, str]) -> tuple[int, bool]:
        answer = await api.client.request(**await things.request(case, whose), headers=headers)
        return answer.status_code, any(trace in answer.text for trace in traces_of(bia))

    status, _ = await call(people["ana"], {})
    row = Row(case.key, case.query, Cell(str(status), status == case.nobody))
    for role, name in PEOPLE.items():
        headers = api.headers(people[name])
        own, own_leaks = await call(people[name], headers)
        expected = case.own if role in case.roles else 403
        status, leaks = await call(bia, headers)
        if case.foreign_status is None:
            # The address names no company: what the answers hold of the other one is what counts.
            leaks = leaks or own_leaks
            foreign = Cell("leaks" if leaks else "nothing", not leaks)
        else:
            allowed = (case.foreign_status,) if role in case.roles else (case.foreign_status, 403)
            foreign = Cell(str(status), status in allowed and not leaks)
        row.cells[role] = (Cell(str(own), own == expected), foreign)
    return row


async def _platform_row(api: Api, people: dict[str, Person], endpoint: str) -> Row:
    """A company's token opens nothing there, whatever its role."""
    method, template = endpoint.split(" ", 1)
    path = re.sub(r"\{[^}]*\}", _NOBODY, template)

    async def call(headers: dict[str, str]) -> Cell:
        answer = await api.client.request(method, path, headers=headers, json={})
        return Cell(str(answer.status_code), answer.status_code == 401)

    row = Row(endpoint, "", await call({}))
    for role, name in PEOPLE.items():
        cell = await call(api.headers(people[name]))
        row.cells[role] = (cell, cell)
    return row


async def _socket_row(api: Api, people: dict[str, Person], endpoint: str) -> Row:
    ana, bia = people["ana"], people["bia"]
    nobody = await _hear(api, ana, "x")
    row = Row(endpoint, "", Cell(nobody, nobody == "4401"))
    for role, name in PEOPLE.items():
        token = api.token(people[name])
        own, foreign = await _hear(api, people[name], token), await _hear(api, bia, token)
        row.cells[role] = (Cell(own, own == "ready"), Cell(foreign, foreign == "4403"))
    return row


async def _hear(api: Api, whose: Person, token: str) -> str:
    """The type of the first frame, or the code that the socket was closed with."""
    async with connect(f"{api.websocket_url}/ws/tenant/{whose.tenant_id}/") as socket:
        await socket.send(json.dumps({"type": "auth", "token": token}))
        try:
            return str(json.loads(await asyncio.wait_for(socket.recv(), 10))["type"])
        except ConnectionClosed as closed:
            return str(closed.rcvd.code if closed.rcvd else "lost")


def show(made: list[Row], endpoints: set[str]) -> None:
    """Print the tables: endpoints, roles, and how much of it is covered."""
    console = Console(width=150)
    table = Table(title="Endpoint × role × {own, foreign, none}")
    for title in ("endpoint", *(f"{role} {whose}" for role in PEOPLE for whose in ("own", "foreign")), "none"):
        table.add_column(title, overflow="fold")
    for row in made:
        pairs = [str(cell) for role in PEOPLE for cell in row.cells[role]]
        table.add_row(f"{row.endpoint} {row.how}".strip(), *pairs, str(row.nobody))
    for endpoint in sorted(OPEN | _PLATFORM_DOOR):
        table.add_row(endpoint, *["open"] * (2 * len(PEOPLE)), "open")
    console.print(table)
    acts = Table(title="Act × role")
    for title in ("act", *PEOPLE):
        acts.add_column(title)
    for act, roles in PERMISSIONS.items():
        acts.add_row(act, *("yes" if role in roles else "–" for role in PEOPLE))
    console.print(acts)
    cells = sum(1 + 2 * len(row.cells) for row in made)
    wrong = sum(not row.is_right for row in made)
    share = len(covered(made) & endpoints) / len(endpoints)
    console.print(f"{len(endpoints)} endpoints, {cells} cells, {share:.0%} covered, {wrong} rows wrong")
