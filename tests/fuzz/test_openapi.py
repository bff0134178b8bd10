"""Every operation of the OpenAPI document, called by every role with what its schema allows and what it does not.

No answer may be a 5xx that the document does not name, and each has to be one that the document describes. Ids are
random in half of the calls and those of real things in the others, or nothing but refusals would be looked at. A short
sample runs in `make test`; `make fuzz` makes 20,000 calls and more.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from rich.console import Console
from schemathesis import checks
from schemathesis.generation import GenerationMode

from evosense.exports.links import ExportLinks
from evosense.metrics.registry import METRICS
from evosense.platform.admins import add_admin
from evosense.platform.tokens import PlatformTokens
from evosense.tenants.api_keys import make_key
from serving.permissions import KEY_ACTS
from tests.fuzz.fuzzed_api import FuzzedApi, fuzzed_api
from tests.integration.serving.conftest import SECRET_KEY
from tests.integration.serving.things import MAKERS, Things

pytestmark = pytest.mark.fuzz
FULL = os.environ.get("EVOSENSE_PROFILE") == "full"
ROLES = ("ana", "otto", "alice", "key", "platform", "nobody")
CALLS = 20_000
THINGS = 12 if FULL else 1
TODAY = datetime.now(UTC).date()
# Billing is off here, as it may be anywhere: 503 is what its routes are documented to answer.
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]


@dataclass
class World:
    """The running API, who may call it how, and the ids of what is there, by the name that routes give them."""

    api: FuzzedApi
    key: str
    admin_id: UUID
    ids: dict[str, Any]
    other_tenant: UUID
    links: ExportLinks

    def headers(self, role: str) -> dict[str, str]:
        """Made anew for each round: tokens end after ten minutes."""
        if role == "key":
            return {"X-API-Key": self.key}
        if role == "platform":
            return {"Authorization": f"Bearer {PlatformTokens(SECRET_KEY).issue(self.admin_id)}"}
        return self.api.headers(role)

    def make_real(self, case: Any, turn: int) -> None:
        """Let a generated call be about things that are there, on days on which something happened."""
        self._real_path(case)
        query = case.query or {}
        if {"from", "to"} & set(query) and "/api/tenants/" in case.path:
            query["from"], query["to"] = str(TODAY - timedelta(days=turn % 40)), str(TODAY)
        if "metric" in query:
            name = METRICS[turn % len(METRICS)].name
            query["metric"] = [name] if isinstance(query["metric"], list) else name
        for name in ("chat_id", "connection_id", "contact_id"):
            if name in query and turn % 4 == 0:
                query[name] = next(self.ids[name])
        if case.path.endswith("/file"):
            export, until = UUID(case.path_parameters["export_id"]), datetime.now(UTC) + timedelta(minutes=5)
            query.update(parse_qsl(self.links.query(self.api.people["ana"].tenant_id, export, until)))

    def _real_path(self, case: Any) -> None:
        for name in case.path_parameters:
            if name in self.ids:
                case.path_parameters[name] = next(self.ids[name])
        if case.path.startswith("/api/platform/tenants/"):
            case.path_parameters["tenant_id"] = str(self.other_tenant)
        for end, name in (("/certificate", "erased"), ("/answer", "answered")):
            if case.path.endswith(end):
                case.path_parameters["request_id"] = next(self.ids[name])


async def test_the_api_keeps_its_word(tmp_path, database_url, people, pipeline_pool, master_key, admin_connection):
    ana, bia = people["ana"], people["bia"]
    admin_connection.execute("update app.tenant set plan_id = 'scale'")
    things = Things(pipeline_pool, master_key, bia, {})
    for person in (ana, bia):
        for days in range(3):
            await things.says(person, at=datetime.now(UTC) - timedelta(days=days, minutes=1))
    made = {name: [await things.make(name, ana) for _ in range(THINGS)] for name in MAKERS}
    async with pipeline_pool.connection() as connection:
        _, key = await make_key(connection, ana.tenant_id, name="k", scopes=sorted(KEY_ACTS), created_by="user:x")
        admin_id = await add_admin(connection, email="root@evosense.example", name="Root", password_hash="x")
    with fuzzed_api(tmp_path, database_url, people) as api:
        ids = {name: cycle(each) for name, each in made.items()}
        world = World(api, key, admin_id, ids, bia.tenant_id, ExportLinks.from_secret(SECRET_KEY))
        calls, answers, wrong = await asyncio.to_thread(_call_everything, world)
        log = api.log.read_text()
    assert wrong == {}
    assert "unexpected_error" not in log
    # Most operations were seen to succeed, not only to refuse.
    never = sorted(operation for operation, seen in answers.items() if not any(200 <= each < 300 for each in seen))
    Console().print(f"\n{calls.total()} calls: {dict(calls)}; never answered 2xx: {never}")
    assert len(never) < len(answers) / 3
    if FULL:
        assert calls.total() >= CALLS, calls


def _call_everything(world: World) -> tuple[Counter[str], dict[str, Counter[int]], dict[str, str]]:
    document = requests.get(f"{world.api.url}/openapi.json", timeout=120).json()
    schema = schemathesis.openapi.from_dict(document)
    operations = [each.ok() for each in schema.get_all_operations()]
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    rounds = [(role, mode) for role in ROLES for mode in modes] if FULL else [("ana", GenerationMode.POSITIVE)]
    examples = -(-CALLS * 5 // (4 * len(operations) * len(rounds))) if FULL else 2
    calls: Counter[str] = Counter()
    answers: dict[str, Counter[int]] = {operation.label: Counter() for operation in operations}
    wrong: dict[str, str] = {}
    with requests.Session() as session:
        for operation in operations:
            for role, mode in rounds:
                seen = answers[operation.label]
                before = seen.total()
                try:
                    _call(world, session, operation, role, mode, examples, seen)
                except Unsatisfiable:  # it takes nothing that could be wrong
                    continue
                except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 - every operation is told of, not the first alone
                    wrong[f"{operation.label} as {role}"] = str(error)[:1500]
                finally:
                    calls[role] += seen.total() - before
    return calls, answers, wrong


def _call(
    world: World, session: Any, operation: Any, role: str, mode: GenerationMode, examples: int, seen: Counter[int]
) -> None:
    turn, headers = 0, world.headers(role)

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=not FULL,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def run(case: Any) -> None:
        nonlocal turn
        turn += 1
        if mode is GenerationMode.POSITIVE and turn % 2 == 0:
            world.make_real(case, turn)
        response = case.call(base_url=world.api.url, session=session, headers=headers, timeout=120)
        seen[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    run()
