"""Things of a company that routes name by their id: made when a call needs one, so that a call may end it.

The isolation matrix asks for the own and for the other company's, and each of these is really there.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.ai.protocols import PromptMessage
from evosense.backfills.repository import request_backfill
from evosense.connections.repository import add_connection
from evosense.db.database import AsyncPool
from evosense.db.ids import new_id
from evosense.experiments.datasets import Window
from evosense.experiments.run_models import ReplayRequest
from evosense.experiments.runs import request_run
from evosense.exports.models import Wanted
from evosense.exports.repository import add_export, add_schedule
from evosense.metrics.alerts.rules import add_rule
from evosense.metrics.registry import BY_NAME
from evosense.privacy.fulfil import fulfil
from evosense.privacy.holds import place_hold
from evosense.privacy.models import Kind
from evosense.privacy.requests import open_request
from evosense.prompts.models import PromptText
from evosense.prompts.registry import register
from evosense.tenants.api_keys import make_key
from evosense.tenants.invitations import add_invitation
from evosense.tenants.keys import MasterKey
from evosense.tenants.repository import add_user, open_keys
from tests.integration.search.corpus import Chat

if TYPE_CHECKING:
    from tests.integration.serving.case import Case
    from tests.integration.serving.conftest import Person

SECRET_TEXT = "frase exata da outra empresa jabuticaba"
_DAY = date(2026, 11, 20)
_NAMES = re.compile(r"\{([a-z_]+)\}")
_numbers = count(1)


def names_in(part: Any) -> Iterator[str]:
    """The names of things in a path, a query, or the texts of a body that are such a name and nothing else."""
    if isinstance(part, str):
        yield from (name for name in _NAMES.findall(part) if name in MAKERS)
    elif isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from names_in(inner)


@dataclass
class Things:
    """Makes them. `home`: in which connection of each company chats are."""

    pool: AsyncPool
    master: MasterKey
    foreign: Person
    home: dict[UUID, UUID]

    async def request(self, case: Case, whose: Person) -> dict[str, Any]:
        """`case` about things of this person's company, as httpx wants it."""
        known = {name: await self.make(case.things.get(name, name), whose) for name in case.names()}
        return {
            "method": case.method,
            "url": _filled(case.path, known) + _filled(case.query, known),
            "json": _filled(case.body, known),
        }

    async def make(self, name: str, whose: Person) -> str:
        """A fresh thing; answers what routes name it by."""
        made = MAKERS[name](self, whose)
        return made if isinstance(made, str) else str(await made)

    def mark(self, whose: Person) -> str:
        """A word that is in everything of the other company, and in nothing of the own one."""
        return "jabuticaba" if whose.tenant_id == self.foreign.tenant_id else "aurora"

    async def says(self, whose: Person, *, at: datetime | None = None) -> tuple[Chat, UUID]:
        """A chat with one message in it, of just now or of then; the other company's text must never be seen."""
        text = SECRET_TEXT if whose.tenant_id == self.foreign.tenant_id else "meu pedido atrasou"
        async with self.pool.connection() as connection:
            home = self.home.setdefault(whose.tenant_id, new_id())
            chat = await Chat(connection, whose.tenant_id, connection_id=home).open()
            at = at or datetime.now(UTC) - timedelta(minutes=1)
            return chat, await chat.say(text, score=(-0.5, 20), embed=True, sent_at=at)


def _filled(part: Any, known: dict[str, str]) -> Any:
    if isinstance(part, str):
        return _NAMES.sub(lambda match: known.get(match[1], match[0]), part)
    if isinstance(part, dict):
        return {key: _filled(inner, known) for key, inner in part.items()}
    return [_filled(inner, known) for inner in part] if isinstance(part, list) else part


async def _message(things: Things, whose: Person) -> UUID:
    return (await things.says(whose))[1]


async def _chat(things: Things, whose: Person) -> UUID:
    return (await things.says(whose))[0].id


async def _contact(things: Things, whose: Person) -> UUID:
    chat, _ = await things.says(whose)
    async with things.pool.connection() as connection:
        await connection.execute(
            "update app.identity_link set contact_id = %s where tenant_id = %s and chat_id = %s",
            (chat.id, whose.tenant_id, chat.id),
        )
    return chat.id


async def _connection(things: Things, whose: Person) -> UUID:
    async with things.pool.connection() as connection:
        keys = await open_keys(connection, things.master, whose.tenant_id)
        name = f"c{next(_numbers)}"
        return await add_connection(
            connection, keys, name=name, server_url="http://127.0.0.1:9", instance=name, token="t"
        )


async def _user(things: Things, whose: Person) -> UUID:
    async with things.pool.connection() as connection:
        return await add_user(
            connection,
            tenant_id=whose.tenant_id,
            email=f"p{next(_numbers)}@{things.mark(whose)}.example",
            name=things.mark(whose),
            role="analyst",
            password_hash="x",
        )


async def _invitation(things: Things, whose: Person) -> UUID:
    async with things.pool.connection() as connection:
        email = f"i{next(_numbers)}@{things.mark(whose)}.example"
        made, _ = await add_invitation(
            connection, whose.tenant_id, email=email, role="analyst", invited_by="user:x", now=datetime.now(UTC)
        )
    return made


async def _api_key(things: Things, whose: Person) -> UUID:
    async with things.pool.connection() as connection:
        made, _ = await make_key(
            connection, whose.tenant_id, name=things.mark(whose), scopes=["read_messages"], created_by="user:x"
        )
    return made


async def _export(things: Things, whose: Person) -> UUID:
    async with things.pool.connection() as connection:
        until = datetime.now(UTC) + timedelta(hours=1)
        wanted = Wanted("messages", "csv", _DAY, _DAY)
        return (await add_export(connection, whose.tenant_id, wanted, requested_by="user:x", expires_at=until)).id


async def _report(things: Things, whose: Person) -> UUID:
    schedule = {"name": things.mark(whose), "dataset": "daily_kpis", "format": "csv", "every": "week"}
    async with things.pool.connection() as connection:
        return await add_schedule(connection, whose.tenant_id, schedule, created_by="user:x")


async def _asked(things: Things, whose: Person, kind: Kind, *, answered: bool) -> UUID:
    async with things.pool.connection() as connection:
        made = await open_request(
            connection, things.master, whose.tenant_id, kind, [new_id().bytes], requested_by="user:x"
        )
    if answered:
        assert (await fulfil(things.pool, things.master, whose.tenant_id, made)).state == "done"
    return made


async def _hold(things: Things, whose: Person) -> UUID:
    async with things.pool.connection() as connection:
        return await place_hold(
            connection, whose.tenant_id, reason=things.mark(whose), placed_by="user:x", jid_hmacs=[new_id().bytes]
        )


async def _backfill(things: Things, whose: Person) -> UUID:
    day = _DAY - timedelta(days=next(_numbers))  # one that waits for the same days would be the same
    async with things.pool.connection() as connection:
        return await request_backfill(connection, "scoring", day, day, requested_by="user:x", tenant_id=whose.tenant_id)


async def _run(things: Things, whose: Person) -> UUID:
    window = Window(first=_DAY, last=_DAY, tenant_ids=(whose.tenant_id,))
    async with things.pool.connection() as connection:
        return await request_run(connection, ReplayRequest(window=window, candidates=("v2",), requested_by="user:x"))


async def _experiment(things: Things, whose: Person) -> UUID:
    made = new_id()
    await _execute(
        things,
        "insert into app.experiment (tenant_id, id, name, hypothesis, prompt_name, primary_measure, goal, margin, "
        "planned_chats, created_by) values (%s, %s, %s, %s, 'sentiment', 'sentiment', 'better', 0.1, 9, 'x')",
        (whose.tenant_id, made, f"{things.mark(whose)} {made}", things.mark(whose)),
    )
    return made


async def _comparison(things: Things, whose: Person) -> str:
    made = f"r1:{new_id().hex}"
    await _execute(
        things,
        "insert into app.comparison (tenant_id, report_hash, dataset_hash, baseline_hash, candidate_hash, config_hash, "
        "outcome, verdict, card, code_version, created_by) "
        "values (%s, %s, 'd1:x', 'p1:x', 'p1:y', 'c1:x', 'fail', %s, '{}', 'x', 'x')",
        (whose.tenant_id, made, things.mark(whose)),
    )
    return made


async def _prompt(things: Things, whose: Person) -> str:
    words = f"{{text}} {things.mark(whose)} {next(_numbers)}"
    async with things.pool.connection() as connection:
        prompt = PromptText([PromptMessage("user", words)], {})
        return await register(connection, prompt, tenant_id=whose.tenant_id, name="sentiment", author="x")


async def _proposal(things: Things, whose: Person) -> UUID:
    made = new_id()
    await _execute(
        things,
        "insert into app.channel_proposal (tenant_id, id, name, channel, prompt_hash, reason, proposed_by) "
        "values (%s, %s, 'sentiment', 'staging', %s, %s, 'user:x')",
        (whose.tenant_id, made, await _prompt(things, whose), things.mark(whose)),
    )
    return made


async def _alert_rule(things: Things, whose: Person) -> UUID:
    async with things.pool.connection() as connection:
        metric, threshold = BY_NAME["negative_pct"], next(_numbers)
        return (await add_rule(connection, whose.tenant_id, metric, "above", threshold)).rule_id


async def _execute(things: Things, statement: str, values: tuple[Any, ...]) -> None:
    connection: AsyncConnection[Any]
    async with things.pool.connection() as connection:
        await connection.execute(statement, values)  # type: ignore[arg-type]


Maker = Callable[[Things, "Person"], "Awaitable[UUID | str] | str"]
MAKERS: dict[str, Maker] = {
    "tenant_id": lambda _, whose: str(whose.tenant_id),
    "addon_id": lambda *_: "api",
    "message_id": _message,
    "conversation_id": _message,
    "chat_id": _chat,
    "contact_id": _contact,
    "connection_id": _connection,
    "user_id": _user,
    "invitation_id": _invitation,
    "api_key_id": _api_key,
    "export_id": _export,
    "report_id": _report,
    "request_id": lambda things, whose: _asked(things, whose, "access", answered=False),
    "answered": lambda things, whose: _asked(things, whose, "access", answered=True),
    "erased": lambda things, whose: _asked(things, whose, "erase", answered=True),
    "hold_id": _hold,
    "backfill_id": _backfill,
    "run_id": _run,
    "experiment_id": _experiment,
    "report_hash": _comparison,
    "prompt_hash": _prompt,
    "proposal_id": _proposal,
    "rule_id": _alert_rule,
    "day": lambda *_: "2026-11-20",
    "metric": lambda *_: "negative_pct",
}
