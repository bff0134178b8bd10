"""Requests of people about their data (LGPD art. 18), certificates of erasure, and legal hold."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from psycopg import AsyncConnection
from pydantic import SecretStr

from evosense.db.tenancy import Actor, tenant_transaction
from evosense.errors import NotFound
from evosense.privacy.holds import list_holds, place_hold, release_hold
from evosense.privacy.requests import (
    cancel_request,
    get_answer,
    get_certificate,
    get_request,
    list_requests,
    open_request,
)
from evosense.privacy.subjects import address_hmacs, contact_hmacs
from serving.dependencies import Allowed, ResourcesDep
from serving.pages import LINKED, PageById, one_page
from serving.resources import Resources
from serving.schemas.privacy import LegalHoldStatus, NewLegalHold, NewPrivacyRequest, PrivacyRequestStatus
from serving.schemas.problem import problems

router = APIRouter(tags=["privacy"])
Reader = Annotated[Actor, Depends(Allowed("read_privacy"))]
Officer = Annotated[Actor, Depends(Allowed("manage_privacy"))]
_ZIP: dict[int | str, dict[str, Any]] = {200: {"content": {"application/zip": {}}}}


@router.post(
    "/api/privacy/requests",
    operation_id="request_privacy",
    status_code=202,
    responses=problems(401, 402, 403, 404, 413, 422, 503),
)
async def post_request(wanted: NewPrivacyRequest, caller: Officer, found: ResourcesDep) -> PrivacyRequestStatus:
    """Write down what a person asks; it is answered within minutes. An erasure can't be undone once it has begun."""
    async with tenant_transaction(found.pool, caller) as connection:
        hmacs = await _hmacs(connection, found, caller.tenant_id, wanted.phone, wanted.contact_id)
        request_id = await open_request(
            connection,
            found.master,
            caller.tenant_id,
            wanted.kind,
            hmacs,
            requested_by=f"user:{caller.user_id}",
            correct_name=wanted.name,
        )
        return PrivacyRequestStatus.of(await get_request(connection, caller.tenant_id, request_id))


@router.get(
    "/api/privacy/requests", operation_id="list_privacy_requests", responses=LINKED | problems(401, 403, 422, 503)
)
async def get_requests(
    caller: Reader,
    found: ResourcesDep,
    request: Request,
    response: Response,
    page: PageById = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[PrivacyRequestStatus]:
    """Requests of your company: open ones first, soonest due on top."""
    async with tenant_transaction(found.pool, caller) as connection:
        listed = await list_requests(connection, caller.tenant_id, before=page, limit=limit + 1)
    return [PrivacyRequestStatus.of(one) for one in one_page(request, response, listed, limit, lambda one: one.id)]


@router.get(
    "/api/privacy/requests/{request_id}",
    operation_id="get_privacy_request",
    responses=problems(401, 403, 404, 422, 503),
)
async def get_one_request(request_id: UUID, caller: Reader, found: ResourcesDep) -> PrivacyRequestStatus:
    """A request with its state."""
    async with tenant_transaction(found.pool, caller) as connection:
        return PrivacyRequestStatus.of(await get_request(connection, caller.tenant_id, request_id))


@router.post(
    "/api/privacy/requests/{request_id}/cancel",
    operation_id="cancel_privacy_request",
    responses=problems(401, 402, 403, 404, 409, 422, 503),
)
async def post_cancel(request_id: UUID, caller: Officer, found: ResourcesDep) -> PrivacyRequestStatus:
    """Take a request back, as long as nobody works on it."""
    async with tenant_transaction(found.pool, caller) as connection:
        await cancel_request(connection, caller.tenant_id, request_id, by=f"user:{caller.user_id}")
        return PrivacyRequestStatus.of(await get_request(connection, caller.tenant_id, request_id))


@router.get(
    "/api/privacy/requests/{request_id}/certificate",
    operation_id="get_erasure_certificate",
    responses=problems(401, 403, 404, 422, 503),
    response_class=Response,
)
async def get_one_certificate(request_id: UUID, caller: Reader, found: ResourcesDep) -> Response:
    """The certificate of an erasure: rows by store, time, and the hash of the certificate before it."""
    async with tenant_transaction(found.pool, caller) as connection:
        content = await get_certificate(connection, caller.tenant_id, request_id)
    return _file(content, "application/json", f"evosense-erasure-{request_id}.json")


@router.get(
    "/api/privacy/requests/{request_id}/answer",
    operation_id="get_privacy_answer",
    responses={**_ZIP, **problems(401, 403, 404, 422, 503)},
    response_class=Response,
)
async def get_one_answer(request_id: UUID, caller: Officer, found: ResourcesDep) -> Response:
    """The data of the person who asked, as JSON and CSV in a zip."""
    async with tenant_transaction(found.pool, caller) as connection:
        content = await get_answer(connection, found.master, caller.tenant_id, request_id)
    return _file(content, "application/zip", f"evosense-person-{request_id}.zip")


@router.get("/api/privacy/holds", operation_id="list_legal_holds", responses=problems(401, 403, 503))
async def get_holds(caller: Reader, found: ResourcesDep) -> list[LegalHoldStatus]:
    """Duties to keep, open ones first."""
    async with tenant_transaction(found.pool, caller) as connection:
        return [LegalHoldStatus.of(one) for one in await list_holds(connection, caller.tenant_id)]


@router.post(
    "/api/privacy/holds",
    operation_id="place_legal_hold",
    status_code=201,
    responses=problems(401, 402, 403, 404, 413, 422, 503),
)
async def post_hold(wanted: NewLegalHold, caller: Officer, found: ResourcesDep) -> LegalHoldStatus:
    """Keep a person, or everything, until the hold is released: retention and erasure pass over it."""
    async with tenant_transaction(found.pool, caller) as connection:
        hmacs = None
        if wanted.phone or wanted.contact_id:
            hmacs = await _hmacs(connection, found, caller.tenant_id, wanted.phone, wanted.contact_id)
        hold_id = await place_hold(
            connection,
            caller.tenant_id,
            reason=wanted.reason,
            placed_by=f"user:{caller.user_id}",
            jid_hmacs=hmacs,
        )
        placed = [one for one in await list_holds(connection, caller.tenant_id) if one.id == hold_id]
    if not placed:
        raise NotFound
    return LegalHoldStatus.of(placed[0])


@router.delete(
    "/api/privacy/holds/{hold_id}",
    operation_id="release_legal_hold",
    status_code=204,
    responses=problems(401, 402, 403, 404, 422, 503),
)
async def delete_hold(hold_id: UUID, caller: Officer, found: ResourcesDep) -> Response:
    """Release a hold; what it kept goes with the next run of retention, or by a new request."""
    async with tenant_transaction(found.pool, caller) as connection:
        await release_hold(connection, caller.tenant_id, hold_id, released_by=f"user:{caller.user_id}")
    return Response(status_code=204)


async def _hmacs(
    connection: AsyncConnection[Any], found: Resources, tenant_id: UUID, phone: SecretStr | None, contact: UUID | None
) -> list[bytes]:
    if phone is not None:
        return await address_hmacs(connection, found.master, tenant_id, phone.get_secret_value())
    if contact is not None:
        return await contact_hmacs(connection, tenant_id, contact)
    raise NotFound


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)
