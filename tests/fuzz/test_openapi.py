"""Every operation of the OpenAPI document, called by every role with what its schema allows and what it does not.

No answer may be a 5xx that the document does not name, and each has to be one that the document describes. A short
sample runs in `make test`; `make fuzz` makes 20,000 calls and more.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import checks
from schemathesis.generation import GenerationMode

from tests.fuzz.fuzzed_api import FuzzedApi, fuzzed_api
from tests.integration.search.corpus import Chat

pytestmark = pytest.mark.fuzz
FULL = os.environ.get("EVOSENSE_PROFILE") == "full"
ROLES = ("ana", "otto", "alice", "nobody")
CALLS = 20_000
# Billing is off here, as it may be anywhere: 503 is what its routes are documented to answer.
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]


async def test_the_api_keeps_its_word(tmp_path, database_url, people, pipeline_pool):
    async with pipeline_pool.connection() as connection:
        for name in ("ana", "bia"):
            chat = await Chat(connection, people[name].tenant_id).open()
            for number in range(5):
                await chat.say(f"meu pedido {number} atrasou", score=(-0.5, 20), embed=True)
    with fuzzed_api(tmp_path, database_url, people) as api:
        calls, wrong = await asyncio.to_thread(_call_everything, api)
        log = api.log.read_text()
    assert wrong == {}
    assert "unexpected_error" not in log
    if FULL:
        assert calls.total() >= CALLS, calls


def _call_everything(api: FuzzedApi) -> tuple[Counter[str], dict[str, str]]:
    schema = schemathesis.openapi.from_url(f"{api.url}/openapi.json")
    operations = [each.ok() for each in schema.get_all_operations()]
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    rounds = [(role, mode) for role in ROLES for mode in modes] if FULL else [("ana", GenerationMode.POSITIVE)]
    examples = -(-CALLS * 5 // (4 * len(operations) * len(rounds))) if FULL else 2
    calls: Counter[str] = Counter()
    wrong: dict[str, str] = {}
    with requests.Session() as session:
        for operation in operations:
            for role, mode in rounds:
                try:
                    calls[role] += _call(api, session, operation, role, mode, examples)
                except Unsatisfiable:  # it takes nothing that could be wrong
                    continue
                except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 - every operation is told of, not the first alone
                    wrong[f"{operation.label} as {role}"] = str(error)[:1500]
    return calls, wrong


def _call(api: FuzzedApi, session: Any, operation: Any, role: str, mode: GenerationMode, examples: int) -> int:
    made = 0

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
        nonlocal made
        made += 1
        response = case.call(base_url=api.url, session=session, headers=api.headers(role), timeout=30)
        case.validate_response(response, checks=CHECKS)

    run()
    return made
