"""A company's rows as files, and reports that are made by themselves."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.responses import StreamingResponse

from evosense.db.tenancy import Actor, tenant_transaction
from evosense.errors import Conflict, NotFound
from evosense.exports.links import LINK_LIVES, LinkRefused
from evosense.exports.models import MEDIA_TYPES, Export
from evosense.exports.repository import (
    add_schedule,
    drop_schedule,
    get_export,
    list_exports,
    list_schedules,
    request_export,
)
from evosense.exports.stream import stream_export
from serving.dependencies import Allowed, ResourcesDep, client_address
from serving.pages import LINKED, PageById, one_page
from serving.resources import Resources
from serving.schemas.exports import ExportJob, NewExport, NewScheduledReport, ScheduledReport
from serving.schemas.problem import problems

router = APIRouter(tags=["exports"])
Reader = Annotated[Actor, Depends(Allowed("read_exports"))]
Exporter = Annotated[Actor, Depends(Allowed("make_exports"))]


@router.post(
    "/api/exports",
    operation_id="request_export",
    status_code=201,
    responses=problems(401, 402, 403, 413, 422, 503),
)
async def post_export(wanted: NewExport, caller: Exporter, found: ResourcesDep) -> ExportJob:
    """Ask for an export; answers a link to fetch it. Your plan allows so many a day."""
    async with tenant_transaction(found.pool, caller) as connection:
        export = await request_export(
            connection, caller.tenant_id, wanted.wanted(), requested_by=f"user:{caller.user_id}"
        )
    return ExportJob.of(export, _link(found, export))


@router.get("/api/exports", operation_id="list_exports", responses=LINKED | problems(401, 403, 422, 503))
async def get_exports(
    caller: Reader,
    found: ResourcesDep,
    request: Request,
    response: Response,
    page: PageById = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[ExportJob]:
    """Exports of your company, newest first, with how far they are."""
    async with tenant_transaction(found.pool, caller) as connection:
        listed = await list_exports(connection, caller.tenant_id, before=page, limit=limit + 1)
    return [ExportJob.of(one) for one in one_page(request, response, listed, limit, lambda one: one.id)]


@router.get("/api/exports/{export_id}", operation_id="get_export", responses=problems(401, 403, 404, 422, 503))
async def get_one_export(export_id: UUID, caller: Reader, found: ResourcesDep) -> ExportJob:
    """An export with a fresh link, unless it has expired or was refused."""
    async with tenant_transaction(found.pool, caller) as connection:
        export = await get_export(connection, caller.tenant_id, export_id)
    return ExportJob.of(export, _link(found, export) if _is_open(export) else None)


@router.get(
    "/api/exports/{export_id}/file",
    operation_id="fetch_export",
    response_class=StreamingResponse,
    responses={
        200: {"content": {media.partition(";")[0]: {} for media in MEDIA_TYPES.values()}},
        **problems(402, 403, 404, 409, 422, 503),
    },
)
async def get_file(
    export_id: UUID,
    tenant: UUID,
    expires: Annotated[int, Query(ge=0, le=10**11)],
    signature: Annotated[str, Query(min_length=64, max_length=64)],
    request: Request,
    found: ResourcesDep,
) -> StreamingResponse:
    """The file of an export, by its signed link; streamed as it is read, so it has no length beforehand."""
    found.export_links.check(tenant, export_id, expires, signature, datetime.now(UTC))
    await found.standings.require(tenant, writing=False)
    actor = Actor(tenant, None, f"export:{export_id}")
    found.access_log.note(actor, client_address(request))
    async with tenant_transaction(found.pool, actor) as connection:
        export = await get_export(connection, tenant, export_id)
    if not _is_open(export):
        raise LinkRefused
    if export.state == "streaming" and not _is_stuck(export):
        message = "this export is being fetched already; wait for it to end"
        raise Conflict(message)
    chunks = stream_export(found.exporting, found.pool, actor, export)
    # With the first chunk here, an error still is an error and not a broken file.
    first = await anext(chunks)
    return StreamingResponse(
        _from(first, chunks),
        media_type=MEDIA_TYPES[export.format],
        headers={"Content-Disposition": f'attachment; filename="{export.filename}"', "Cache-Control": "no-store"},
    )


@router.get("/api/reports", operation_id="list_scheduled_reports", responses=problems(401, 403, 503))
async def get_reports(caller: Reader, found: ResourcesDep) -> list[ScheduledReport]:
    """Reports that are made by themselves; what they made is among the exports."""
    async with tenant_transaction(found.pool, caller) as connection:
        return [ScheduledReport.of(one) for one in await list_schedules(connection, caller.tenant_id)]


@router.post(
    "/api/reports",
    operation_id="add_scheduled_report",
    status_code=201,
    responses=problems(401, 402, 403, 413, 422, 503),
)
async def post_report(report: NewScheduledReport, caller: Exporter, found: ResourcesDep) -> ScheduledReport:
    """Have a report made after each day, week or month; each counts as an export of its day."""
    async with tenant_transaction(found.pool, caller) as connection:
        schedule_id = await add_schedule(
            connection, caller.tenant_id, report.values(), created_by=f"user:{caller.user_id}"
        )
        made = [one for one in await list_schedules(connection, caller.tenant_id) if one.id == schedule_id]
    if not made:
        raise NotFound
    return ScheduledReport.of(made[0])


@router.delete(
    "/api/reports/{report_id}",
    operation_id="drop_scheduled_report",
    status_code=204,
    responses=problems(401, 402, 403, 404, 422, 503),
)
async def delete_report(report_id: UUID, caller: Exporter, found: ResourcesDep) -> Response:
    """Stop a report; what it made stays until it expires."""
    async with tenant_transaction(found.pool, caller) as connection:
        await drop_schedule(connection, caller.tenant_id, report_id)
    return Response(status_code=204)


def _is_open(export: Export) -> bool:
    return export.state != "refused" and export.expires_at > datetime.now(UTC)


def _is_stuck(export: Export) -> bool:
    """A process that was killed leaves its export streaming for ever; a quarter of an hour is enough for a link."""
    return export.started_at is None or datetime.now(UTC) - export.started_at > LINK_LIVES


def _link(found: Resources, export: Export) -> str:
    until = min(datetime.now(UTC) + LINK_LIVES, export.expires_at)
    return f"/api/exports/{export.id}/file?{found.export_links.query(export.tenant_id, export.id, until)}"


async def _from(first: bytes, rest: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk
