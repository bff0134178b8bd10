"""The doctor's look at AI: every backend on every list is asked one harmless question."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from evosense.ai.backend_list import read_lists
from evosense.ai.backend_spec import BackendSpec
from evosense.ai.factory import build_scorer, embedder_spec, scorer_specs, secrets
from evosense.ai.probe import explain, probe_embedder, sample_request
from evosense.ai.protocols import CallFailure
from evosense.ai.remote import RemoteScorer
from evosense.db.database import connect
from evosense.db.migrate import pending
from evosense.errors import ConfigurationError
from evosense.prompts.default import DEFAULT_PROMPT
from evosense.prompts.render import render
from evosense.scoring.contract import validate
from evosense.settings import AiSettings, DatabaseSettings, load
from evosense.stack.setup import open_database

_REQUEST = sample_request(render(DEFAULT_PROMPT, "Adorei o atendimento!", ()), dict(DEFAULT_PROMPT.output_schema))


def ai_backends() -> str:
    """Every backend answers by the contract. Raises ConfigurationError naming those that don't."""
    settings = load(AiSettings)
    specs = {repr(spec): spec for spec in (*scorer_specs(settings), *_listed(settings))}
    return asyncio.run(_ask_all(list(specs.values())))


def _listed(settings: AiSettings) -> list[BackendSpec]:
    database = load(DatabaseSettings)

    async def read(url: str) -> list[BackendSpec]:
        async with await connect(url, "evosense_pipeline") as connection:
            lists = await read_lists(connection, secrets(settings))
        return [spec for specs in lists.values() for spec in specs]

    with open_database(database) as url:
        return [] if pending(url) else asyncio.run(read(url))


async def _ask_all(specs: Sequence[BackendSpec]) -> str:
    found = await asyncio.gather(*(_ask(spec) for spec in specs), return_exceptions=True)
    bad = [error for error in found if isinstance(error, BaseException)]
    for error in bad:
        if not isinstance(error, ConfigurationError):
            raise error
    if bad:
        raise ConfigurationError("; ".join(re.sub(r"\s+", " ", str(error)) for error in bad))
    return "; ".join(str(text) for text in found)


async def _ask(spec: BackendSpec) -> str:
    """One backend in a few words: which model, how quick, and whether its answer follows the schema."""
    scorer = build_scorer(spec)
    if not isinstance(scorer, RemoteScorer):
        return f"{spec.name}: {scorer.config.model}, built in"
    async with scorer:
        failure = await scorer.identify()
        answer = failure or await scorer.call(_REQUEST)
        if isinstance(answer, CallFailure):
            raise ConfigurationError(f"{spec.name} ({spec.provider}): {explain(answer)}")
        verdict = validate(answer, message_text=_REQUEST.text)
        if verdict.score is None:
            message = f"{spec.name} ({spec.provider}) does not follow the schema ({verdict.status}: {verdict.reason})"
            raise ConfigurationError(f"{message}: choose a model or server that offers structured answers")
        digest = f" {scorer.config.digest[:12]}" if scorer.config.digest else ""
        return f"{spec.name}: {scorer.config.model}{digest} follows the schema, {answer.latency_ms:.0f} ms"


def ai_embedder() -> str:
    """The embedder gives 768 dimensions. Raises ConfigurationError."""
    return asyncio.run(probe_embedder(embedder_spec(load(AiSettings))))
