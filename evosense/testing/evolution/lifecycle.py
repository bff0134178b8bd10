"""An instance's life: boot, pairing, history sync, logout."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import orjson

from evosense.testing.evolution.shapes import Json, revive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evosense.testing.evolution.database import Database
    from evosense.testing.evolution.events import EventBus
    from evosense.testing.evolution.instances import Instance
    from evosense.testing.evolution.rows import StoredMessage

#: A white pixel: what stands for the QR code, since nobody can scan it.
_QR = (
    "data:image/png;base64,"
    + base64.b64encode(
        base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAG7buVgAAAABJRU5ErkJggg==")
    ).decode()
)


class Lifecycle:
    """Connection states and history, with their events."""

    def __init__(self, database: Database, bus: EventBus, history_chunk: int) -> None:
        self.database = database
        self.bus = bus
        self.history_chunk = history_chunk

    def boot(self, instance: Instance) -> None:
        """What a paired instance emits when the server starts: it brings the namespace into being."""
        if instance.state != "open":
            return
        self.connection(instance, "connecting", 200)
        self.connection(instance, "open", 200)

    def connection(self, instance: Instance, state: str, reason: int) -> None:
        """Change the state and tell it; `refused` is said of an exhausted QR code, the state is `close`."""
        instance.state = "close" if state == "refused" else state
        data: Json = {"instance": instance.name}
        if state == "open":
            data |= {"wuid": instance.jid, "profileName": instance.profile_name, "profilePictureUrl": None}
        data |= {"state": state, "statusReason": reason}
        self.database.save_instance(instance)
        self.bus.emit(instance, "connection.update", data)

    def show_qr(self, instance: Instance) -> Json:
        """Start pairing: connecting, then a QR code."""
        self.connection(instance, "connecting", 200)
        code: Json = {
            "instance": instance.name,
            "pairingCode": None,
            "code": f"2@{instance.id}",
            "base64": _QR,
        }
        self.bus.emit(instance, "qrcode.updated", {"qrcode": code})
        return {"pairingCode": None, "code": code["code"], "base64": _QR, "count": 1}

    def pair(self, instance: Instance) -> None:
        """The phone scanned the code: open, and the phone's history waits to be synchronised again."""
        self.connection(instance, "open", 200)
        instance.history_through, instance.history_until = 0, self.database.last_row()
        self.database.save_instance(instance)

    def logout(self, instance: Instance) -> None:
        """The account was unlinked."""
        self.bus.emit(instance, "logout.instance", {"instance": instance.name})
        self.connection(instance, "close", 401)

    def sync_history(self, instance: Instance) -> int:
        """Send what waits as contacts and `messages.set`, in chunks; returns how many messages went."""
        waiting = instance.history_until > instance.history_through
        if not waiting or instance.state != "open":
            return 0
        contacts = self.database.contacts(instance.name)
        told = [self._told(instance, one) for one in contacts]
        if told:
            self.bus.emit(instance, "contacts.upsert", told)
            self.bus.emit(instance, "chats.set", [self._chat(instance, one) for one in contacts])
        sent, last = 0, instance.history_until
        rows = self._waiting(instance, instance.history_through, last)
        while rows:
            following = self._waiting(instance, rows[-1].row, last)
            self.send_history(instance, rows, is_last=not following)
            sent, rows = sent + len(rows), following
        instance.history_through = last
        self.database.save_instance(instance)
        return sent

    def _waiting(self, instance: Instance, after: int, until: int) -> list[StoredMessage]:
        return self.database.after_row(instance.name, after, until, self.history_chunk)

    def send_history(self, instance: Instance, rows: Sequence[StoredMessage], *, is_last: bool) -> None:
        """One `messages.set`: however long, a single text frame and one binary frame per attachment."""
        extra: dict[str, Any] = {"isLatest": is_last, "progress": 100 if is_last else 50}
        self.bus.emit(instance, "messages.set", [self._history_item(row) for row in rows], extra)

    @staticmethod
    def _history_item(row: StoredMessage) -> Json:
        record = orjson.loads(row.record)
        item: Json = {"key": record["key"], "pushName": record["pushName"]}
        item["status"] = "SERVER_ACK" if row.from_me else "DELIVERY_ACK"
        item["message"] = revive(record["message"])
        if record["contextInfo"] is not None:
            item["contextInfo"] = record["contextInfo"]
        item |= {name: record[name] for name in ("messageType", "messageTimestamp", "instanceId", "source")}
        return item

    @staticmethod
    def _told(instance: Instance, contact: Json) -> Json:
        told = {name: contact[name] for name in ("remoteJid", "pushName", "profilePicUrl")}
        return {**told, "instanceId": instance.id}

    @staticmethod
    def _chat(instance: Instance, contact: Json) -> Json:
        return {"remoteJid": contact["remoteJid"], "instanceId": instance.id, "name": contact["pushName"]}
