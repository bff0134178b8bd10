"""The account's side: what happens to an instance when something happens on its phone.

Order and losses follow the real code: a row is stored before its event is emitted; a bad row ends its batch,
so that it and all after it are neither stored nor emitted; an update for a message that the database does not
know is dropped.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from evosense.testing.evolution.drafts import PHONE, Draft
from evosense.testing.evolution.shapes import MessageWriter, cuid, emitted_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evosense.testing.evolution.database import Database
    from evosense.testing.evolution.events import EventBus
    from evosense.testing.evolution.faults import FaultDice
    from evosense.testing.evolution.instances import Instance
    from evosense.testing.evolution.rows import StoredMessage

#: `pushName` is varchar(100) in Evolution's database.
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message written in Evolution's shape, with its row and what the sockets get."""

    draft: Draft
    data: dict[str, Any]
    row: StoredMessage


class WhatsApp:
    """Turns what happens on phones into rows and events."""

    def __init__(self, database: Database, bus: EventBus, dice: FaultDice, seed: int) -> None:
        self.database = database
        self.bus = bus
        self.dice = dice
        # Ids must not repeat after a restart on the same database.
        self.rng = random.Random(f"{seed}:{database.last_row()}")
        self.writer = MessageWriter(self.rng)
        self.accepted: dict[str, int] = {}
        self._names: dict[tuple[str, str], str] = {}

    @property
    def clock(self) -> Callable[[], float]:
        """The server's clock."""
        return self.bus.clock

    def receive(self, instance: Instance, drafts: Sequence[Draft]) -> int:
        """Messages that arrive together are stored, then emitted; returns how many survived a bad row."""
        sound = self._before_bad_row(drafts)
        prepared = [self._prepare(instance, draft) for draft in self._with_duplicates(sound)]
        self.database.add_messages(instance.name, [one.row for one in prepared])
        for one in prepared:
            self._announce(instance, one)
        self.accepted[instance.name] = self.accepted.get(instance.name, 0) + len(sound)
        return len(sound)

    def backlog(self, instance: Instance, drafts: Sequence[Draft]) -> None:
        """Messages that reach the database and no socket: history, and what came while nobody listened."""
        rows: list[StoredMessage] = []
        contacts: dict[str, dict[str, Any]] = {}
        for draft in drafts:
            rows.append(self.writer.stored(draft, self.writer.data(instance, draft), None))
            if not draft.from_me and not draft.in_group:
                contacts[draft.chat] = self._contact(instance, draft.chat, draft.push_name)
                self._names[instance.name, draft.chat] = draft.push_name
        self.database.add_messages(instance.name, rows)
        self.database.save_contacts(instance.name, contacts.values())

    def _with_duplicates(self, drafts: Sequence[Draft]) -> list[Draft]:
        rate = self.dice.faults.duplicate
        if not rate:
            return list(drafts)
        return [copy for draft in drafts for copy in ((draft, draft) if self.dice.hits(rate) else (draft,))]

    @staticmethod
    def _before_bad_row(drafts: Sequence[Draft]) -> Sequence[Draft]:
        for index, draft in enumerate(drafts):
            if len(draft.push_name) > LONGEST_NAME:
                return drafts[:index]
        return drafts

    def _prepare(self, instance: Instance, draft: Draft) -> Prepared:
        data = self.writer.data(instance, draft)
        return Prepared(draft, data, self.writer.stored(draft, data, self.clock()))

    def _announce(self, instance: Instance, one: Prepared) -> None:
        if self.dice.hits(self.dice.faults.lose):
            return
        if one.draft.via_api:
            self.bus.emit(instance, "send.message", one.data)
            return
        contact_first = self.dice.hits(self.dice.faults.contacts_first)
        if contact_first:
            self._tell_contact(instance, one.draft)
        self.bus.emit(instance, "messages.upsert", one.data)
        if not contact_first:
            self._tell_contact(instance, one.draft)

    def _tell_contact(self, instance: Instance, draft: Draft) -> None:
        """`contacts.*` after every message, with the real one's traps.

        A group's address comes with the sender's name, an own message with an empty one.
        """
        known = self._known_name(instance, draft.chat)
        name = "" if draft.from_me else draft.push_name
        event = "contacts.update" if known is not None else "contacts.upsert"
        if known is None or (name and known != name):
            self._names[instance.name, draft.chat] = name
            self.database.save_contacts(instance.name, [self._contact(instance, draft.chat, name)])
        told = {"remoteJid": draft.chat, "pushName": name, "profilePicUrl": None, "instanceId": instance.id}
        self.bus.emit(instance, event, told)

    def _known_name(self, instance: Instance, jid: str) -> str | None:
        name = self._names.get((instance.name, jid))
        if name is None and (stored := self.database.contact(instance.name, jid)) is not None:
            name = self._names[instance.name, jid] = str(stored["pushName"])
        return name

    def _contact(self, instance: Instance, jid: str, name: str) -> dict[str, Any]:
        now = f"{datetime.fromtimestamp(self.clock(), UTC):%Y-%m-%dT%H:%M:%S}.000Z"
        kind = "contact" if jid.endswith(PHONE) else "group"
        return {
            "id": cuid(self.rng),
            "remoteJid": jid,
            "pushName": name,
            "profilePicUrl": None,
            "createdAt": now,
            "updatedAt": now,
            "instanceId": instance.id,
            "isGroup": kind == "group",
            "isSaved": True,
            "type": kind,
        }

    def status(self, instance: Instance, draft: Draft, status: str) -> bool:
        """A delivery report (SERVER_ACK, DELIVERY_ACK, READ, PLAYED); False: unknown message, dropped."""
        if (row := self.database.latest(instance.name, draft.key_id)) is None:
            return False
        self.database.add_update(instance.name, draft.key_id, status)
        data = self._update_head(draft)
        data |= {"status": status, "instanceId": instance.id, "messageId": orjson.loads(row.record)["id"]}
        self.bus.emit(instance, "messages.update", data)
        return True

    def edit(self, instance: Instance, draft: Draft, text: str, *, through_api: bool = False) -> bool:
        """The author changes a message: two events, and the row takes the new text and the edit's time."""
        now = self.clock()
        edited = {
            "key": _plain_key(draft),
            "type": "MESSAGE_EDIT",
            "editedMessage": {"conversation": text},
            "timestampMs": str(int(now * 1000)),
        }
        row = self.database.latest(instance.name, draft.key_id)
        if through_api:
            self.bus.emit(instance, "send.message.update", edited)
        else:
            self.bus.emit(instance, "messages.edited", edited)
        if row is None:
            return False
        record = {**orjson.loads(row.record), "message": {"conversation": text}, "messageTimestamp": int(now)}
        self.database.replace_message(row.row, int(now), orjson.dumps(record))
        self.database.add_update(instance.name, draft.key_id, "EDITED")
        if not through_api:
            data = self._update_head(draft)
            data |= {"status": "SERVER_ACK", "instanceId": instance.id}
            data |= {
                "message": {"editedMessage": {"message": {"conversation": text}}},
                "messageId": record["id"],
            }
            self.bus.emit(instance, "messages.update", data)
        return True

    def revoke(self, instance: Instance, draft: Draft) -> bool:
        """The author deletes a message: `messages.edited` with REVOKE, then `messages.delete`."""
        self.bus.emit(instance, "messages.edited", {"key": _plain_key(draft), "type": "REVOKE"})
        if self.database.latest(instance.name, draft.key_id) is None:
            return False
        for status in ("EDITED", "DELETED"):
            self.database.add_update(instance.name, draft.key_id, status)
        data = {"remoteJid": draft.chat, "fromMe": draft.from_me, "id": draft.key_id, "status": "DELETED"}
        if draft.participant:
            data["participant"] = draft.participant
        self.bus.emit(instance, "messages.delete", data)
        return True

    @staticmethod
    def _update_head(draft: Draft) -> dict[str, Any]:
        head: dict[str, Any] = {"keyId": draft.key_id, "remoteJid": draft.chat, "fromMe": draft.from_me}
        if draft.participant:
            head["participant"] = draft.participant
        return head


def _plain_key(draft: Draft) -> dict[str, Any]:
    key = emitted_key(draft)
    return {name: key[name] for name in ("remoteJid", "fromMe", "id", "participant") if name in key}
