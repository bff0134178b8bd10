"""Promotion: champion moves only on evidence, in one transaction with its reason, approver and report."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.errors import Conflict, InvalidInput, NotFound
from evosense.experiments.registry import get_experiment, record, set_state
from evosense.experiments.reports import Report, get_report
from evosense.prompts.channels import Move, list_channels, point, policy_of
from evosense.prompts.models import CHAMPION


async def promote(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    prompt_hash: str,
    move: Move,
) -> None:
    """Move a channel to a version; champion needs a passing report of that version against today's champion.

    Runs in the caller's transaction: the channel, its event and the experiment's state change together or not at all.

    Args:
        connection: of the tenant (or of everybody, for the shared champion).
        tenant_id: whose channel.
        prompt_hash: the version.
        move: channel, actor, reason, approver, report.

    Raises:
        InvalidInput: champion without a report, although the policy wants one.
        Conflict: the report did not pass, is about another version, or about another champion than today's.
        NotPermitted: four eyes are wanted and there are only two.
        NotFound: no such version or report.
    """
    report = await check_evidence(connection, tenant_id, prompt_hash, move)
    await point(connection, tenant_id, prompt_hash, move)
    if report is not None and report.experiment_id is not None:
        experiment = await get_experiment(connection, report.tenant_id, report.experiment_id)
        detail = {"prompt_hash": prompt_hash, "report_hash": report.report_hash}
        await record(connection, experiment, "promoted", move.actor, detail=detail)
        await set_state(connection, experiment, "promoted")


async def check_evidence(
    connection: AsyncConnection[Any], tenant_id: UUID, prompt_hash: str, move: Move
) -> Report | None:
    """The report that a move of champion rests on, None for other channels. Raises as `promote`."""
    if move.channel != CHAMPION:
        return None
    policy = await policy_of(connection, tenant_id, move.name)
    if move.report_hash is None:
        if policy.needs_report:
            message = "name the report that shows it is better: champion moves only on a passing report"
            raise InvalidInput(message)
        return None
    report = await get_report(connection, tenant_id, move.report_hash)
    champion = await _champion(connection, tenant_id, move.name)
    if report.candidate_hash != prompt_hash:
        message = "this report is about another version than the one you want to promote"
        raise Conflict(message)
    if report.baseline_hash != champion:
        message = "this report compares with a former champion; replay against today's champion first"
        raise Conflict(message)
    if report.outcome != "pass" and policy.needs_report:
        message = f"the report did not pass ({report.outcome}): {report.verdict}"
        raise Conflict(message)
    return report


async def _champion(connection: AsyncConnection[Any], tenant_id: UUID, name: str) -> str:
    for channel in await list_channels(connection, tenant_id, name):
        if channel.channel == CHAMPION:
            return channel.prompt_hash
    message = f"{name} has no champion yet"
    raise NotFound(message)
