"""`/chat/…`: reading back what the server stored, with the real paging faults.

`offset` is the page SIZE, `limit` is ignored, rows of one second come in any order, `gte` and `lte` work only
together, epoch seconds are read as milliseconds (so match nothing), and `fromMe: false` filters nothing.
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import orjson
from aiohttp import web

from evosense.testing.evolution import answers
from evosense.testing.evolution.doors import HttpDoor, body_of
from evosense.testing.evolution.rows import MessageFilter, StoredMessage

if TYPE_CHECKING:
    from evosense.testing.evolution.installation import Installation
    from evosense.testing.evolution.instances import Instance

_DEFAULT_PAGE_SIZE = 50
_EVERYTHING = 1_000_000


class ChatRoutes:
    """Handlers of the reading routes."""

    def __init__(self, server: Installation, door: HttpDoor) -> None:
        self.server = server
        self.door = door

    def routes(self) -> list[web.RouteDef]:
        """Paths and handlers."""
        guard = self.door.instance
        return [
            web.post("/chat/findMessages/{instance}", guard(self.find_messages)),
            web.post("/chat/findContacts/{instance}", guard(self.find_contacts)),
            web.post("/chat/findStatusMessage/{instance}", guard(self.find_statuses)),
        ]

    async def find_messages(self, instance: Instance, request: web.Request) -> web.StreamResponse:
        """One page of messages, newest first."""
        body = await body_of(request)
        if self.server.config.version.startswith("1."):
            return self._bare_list(instance, body)
        try:
            wanted = read_filter(body.get("where") or {}, ZoneInfo(self.server.config.timezone))
        except ValueError:
            return answers.problem(500, ["Invalid time value"])
        size, page = int(body.get("offset") or _DEFAULT_PAGE_SIZE), int(body.get("page") or 1)
        total = self.server.database.count(instance.name, wanted)
        rows = self.server.database.page(instance.name, wanted, skip=size * (page - 1), take=size)
        head = b'{"messages":{"total":%d,"pages":%d,"currentPage":%d,"records":[' % (
            total,
            math.ceil(total / size),
            page,
        )
        return answers.reply(head + b",".join(self._records(instance, rows)) + b"]}}")

    def _bare_list(self, instance: Instance, body: dict[str, Any]) -> web.Response:
        """1.8 knew `limit` and answered a list; of a range in 2.x's writing MongoDB found nothing."""
        where: dict[str, Any] = body.get("where") or {}
        limit = int(body.get("limit") or 0) or _EVERYTHING
        wanted = _range_of_1_8(where)
        found = [] if wanted is None else self.server.database.page(instance.name, wanted, skip=0, take=limit)
        return answers.reply(b"[" + b",".join(self._records(instance, found)) + b"]")

    def _records(self, instance: Instance, rows: list[StoredMessage]) -> list[bytes]:
        updates = self.server.database.updates(instance.name, [row.key_id for row in rows])
        return [row.record[:-1] + _update_list(updates.get(row.key_id, [])) for row in rows]

    async def find_contacts(self, instance: Instance, request: web.Request) -> web.StreamResponse:
        """A bare list; it is paged only when both `offset` and `page` are given."""
        body = await body_of(request)
        wanted: dict[str, Any] = body.get("where") or {}
        found = [
            contact
            for contact in self.server.database.contacts(instance.name)
            if all(contact[name] == wanted[name] for name in ("id", "remoteJid", "pushName") if wanted.get(name))
        ]
        if body.get("offset") and body.get("page"):
            size, page = int(body["offset"]), int(body["page"])
            found = found[size * (page - 1) : size * page]
        return answers.reply(found)

    async def find_statuses(self, instance: Instance, request: web.Request) -> web.StreamResponse:
        """Rows of MessageUpdate for one message id; they hold no time."""
        wanted: dict[str, Any] = (await body_of(request)).get("where") or {}
        key_id = str(wanted.get("id") or "")
        row = self.server.database.latest(instance.name, key_id)
        if row is None:
            return answers.reply([])
        head = {
            "keyId": key_id,
            "remoteJid": row.chat,
            "fromMe": row.from_me,
            "participant": None,
            "pollUpdates": None,
        }
        statuses = self.server.database.updates(instance.name, [key_id]).get(key_id, [])
        return answers.reply([{**head, "status": status, "instanceId": instance.id} for status in statuses])


def _update_list(statuses: list[str]) -> bytes:
    return b',"MessageUpdate":' + orjson.dumps([{"status": status} for status in statuses]) + b"}"


def _range_of_1_8(where: dict[str, Any]) -> MessageFilter | None:
    """A range as `{"$and": [{"messageTimestamp": {"$gte": …}}, …]}`; None for one that no document can match."""
    bounds: dict[str, int] = {}
    for part in where.get("$and") or []:
        bounds |= part.get("messageTimestamp") or {}
    if where and not bounds:
        return None
    return MessageFilter(since=bounds.get("$gte"), until=bounds.get("$lte"))


def read_filter(where: dict[str, Any], server_zone: ZoneInfo) -> MessageFilter:
    """What the real query would filter on.

    Raises:
        ValueError: A time that JavaScript's `new Date` can't read.
    """
    key: dict[str, Any] = where.get("key") or {}
    times: dict[str, Any] = where.get("messageTimestamp") or {}
    both = bool(times.get("gte")) and bool(times.get("lte"))
    return MessageFilter(
        key_id=key.get("id") or None,
        from_me=True if key.get("fromMe") else None,
        chat=key.get("remoteJid") or key.get("remoteJidAlt") or None,
        participant=key.get("participant") or None,
        kind=where.get("messageType") or None,
        since=js_seconds(times["gte"], server_zone) if both else None,
        until=js_seconds(times["lte"], server_zone) if both else None,
    )


def js_seconds(value: Any, server_zone: ZoneInfo) -> int:
    """`Math.floor(new Date(value) / 1000)`, as JavaScript reads a time.

    Numbers are milliseconds, a text without zone is the server's local time, a bare date is midnight UTC.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return math.floor(value / 1000)
    text = str(value)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo("UTC") if len(text) == len("2026-01-01") else server_zone)
    return math.floor(moment.timestamp())
