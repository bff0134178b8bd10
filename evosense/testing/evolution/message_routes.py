"""`/message/sendText`: what an agent or a bot sends through the API; it emits `send.message` only."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

from evosense.testing.evolution import answers
from evosense.testing.evolution.doors import HttpDoor, body_of
from evosense.testing.evolution.drafts import GROUP, LID, PHONE, Draft, Quote, new_key_id, phone_jid

if TYPE_CHECKING:
    from evosense.testing.evolution.installation import Installation
    from evosense.testing.evolution.instances import Instance

_SHORTEST_NUMBER, _LONGEST_NUMBER = 8, 15


class MessageRoutes:
    """Handlers of the sending routes."""

    def __init__(self, server: Installation, door: HttpDoor) -> None:
        self.server = server
        self.door = door

    def routes(self) -> list[web.RouteDef]:
        """Paths and handlers."""
        return [web.post("/message/sendText/{instance}", self.door.instance(self.send_text))]

    async def send_text(self, instance: Instance, request: web.Request) -> web.StreamResponse:
        """Send a text; there is no idempotency key, so sending again sends again."""
        body = await body_of(request)
        old = self.server.config.version.startswith("1.")
        text = _old_text(body) if old else body.get("text")
        if (fault := _body_fault(body, text, old=old)) is not None:
            return fault
        jid = chat_address(str(body["number"]))
        if jid is None:
            missing = {"jid": phone_jid(str(body["number"])), "exists": False, "number": str(body["number"])}
            return answers.problem(400, [missing])
        if instance.state != "open":
            return answers.problem(400, ["Error: Connection Closed"])
        options: dict[str, Any] = body.get("options") or {} if old else body
        if delay := options.get("delay"):
            await asyncio.sleep(min(float(delay), 20_000) / 1000)
        draft = Draft(
            key_id=new_key_id(self.server.whatsapp.rng, "web"),
            chat=jid,
            sent_at=int(self.server.bus.clock()),
            text=str(text),
            from_me=True,
            secret=False,
            via_api=True,
            quote=_quote(options.get("quoted"), jid),
        )
        self.server.whatsapp.receive(instance, [draft])
        row = self.server.database.latest(instance.name, draft.key_id)
        sent: dict[str, Any] = orjson.loads(row.record) if row else {}
        del sent["id"]
        return answers.reply({"status": "PENDING", **sent}, 201)


def _old_text(body: dict[str, Any]) -> object:
    inner = body.get("textMessage")
    return inner.get("text") if isinstance(inner, dict) else None


def _body_fault(body: dict[str, Any], text: object, *, old: bool) -> web.Response | None:
    findings: list[str] = []
    if not isinstance(body.get("number"), str):
        findings.append('instance requires property "number"')
    if not isinstance(text, str):
        findings.append(f'instance requires property "{"textMessage" if old else "text"}"')
    return answers.invalid(*findings) if findings else None


def chat_address(number: str) -> str | None:
    """The address behind `number` (a JID, or digits of a phone); None when no account can have it."""
    if number.endswith((PHONE, GROUP, LID)):
        return number
    digits = "".join(one for one in number if one.isdigit())
    return phone_jid(digits) if _SHORTEST_NUMBER <= len(digits) <= _LONGEST_NUMBER else None


def _quote(quoted: Any, chat: str) -> Quote | None:
    if not isinstance(quoted, dict):
        return None
    key, message = quoted.get("key") or {}, quoted.get("message") or {}
    return Quote(str(key.get("id", "")), str(message.get("conversation", "")), str(key.get("participant") or chat))
