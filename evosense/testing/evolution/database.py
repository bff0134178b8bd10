"""What the server remembers across restarts: Evolution's own database, played by SQLite.

The real server inserts a message before it emits it, so a message that a client heard can always be read
again with findMessages, also after a SIGKILL: SQLite in WAL mode without fsync survives the death of the
process, not that of the machine, which is what the tests need. There is no unique constraint on messages, as
in the real one.

The SQL below is of this double only; the product's own statements live in `queries.sql` files.
"""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING, Any

import orjson

from evosense.testing.evolution.instances import Instance
from evosense.testing.evolution.rows import MessageFilter, StoredMessage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_SCHEMA = """
create table if not exists instance (name text primary key, doc text not null);
create table if not exists message (
    row integer primary key, instance text not null, key_id text not null, from_me integer not null,
    chat text not null, alt text not null, kind text not null, ts integer not null, emitted real, record blob
    not null);
create index if not exists message_by_time on message (instance, ts);
create index if not exists message_by_key on message (instance, key_id);
create table if not exists message_update (
    row integer primary key, instance text not null, key_id text not null, status text not null);
create index if not exists update_by_key on message_update (instance, key_id);
create table if not exists contact (
    instance text not null, jid text not null, doc blob not null, primary key (instance, jid));
"""


_COLUMNS = "key_id, from_me, chat, alt, kind, ts, emitted, record, row"


def _message(row: tuple[Any, ...]) -> StoredMessage:
    return StoredMessage(row[0], bool(row[1]), *row[2:])


class Database:
    """Instances, messages, status updates and contacts; one writer, the event loop's thread."""

    def __init__(self, state_dir: Path | None) -> None:
        if state_dir is not None:
            state_dir.mkdir(parents=True, exist_ok=True)
        path = ":memory:" if state_dir is None else str(state_dir / "evolution.sqlite3")
        self._sql = sqlite3.connect(path, isolation_level=None)
        self._sql.execute("pragma journal_mode = wal")
        self._sql.execute("pragma synchronous = off")
        self._sql.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._sql.close()

    def instances(self) -> list[Instance]:
        """Every instance, by name."""
        rows = self._sql.execute("select doc from instance order by name").fetchall()
        return [Instance.from_json(orjson.loads(doc)) for (doc,) in rows]

    def save_instance(self, instance: Instance) -> None:
        """Store an instance as it is now."""
        self._sql.execute(
            "insert into instance values (?, ?) on conflict (name) do update set doc = excluded.doc",
            (instance.name, orjson.dumps(instance.to_json()).decode()),
        )

    def delete_instance(self, name: str) -> None:
        """Forget an instance and everything that it stored."""
        for table, column in (("instance", "name"), ("message", "instance"), ("contact", "instance")):
            self._sql.execute(f"delete from {table} where {column} = ?", (name,))  # noqa: S608 names are ours
        self._sql.execute("delete from message_update where instance = ?", (name,))

    def add_messages(self, instance: str, messages: Iterable[StoredMessage]) -> None:
        """Insert messages in one transaction."""
        rows = [(instance, m.key_id, m.from_me, m.chat, m.alt, m.kind, m.ts, m.emitted, m.record) for m in messages]
        self._sql.execute("begin")
        self._sql.executemany(
            "insert into message (instance, key_id, from_me, chat, alt, kind, ts, emitted, record) "
            "values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        self._sql.execute("commit")

    def replace_message(self, row: int, ts: int, record: bytes) -> None:
        """What an edit does: other text, other time."""
        self._sql.execute("update message set ts = ?, record = ? where row = ?", (ts, record, row))

    def latest(self, instance: str, key_id: str) -> StoredMessage | None:
        """The newest row of a message id."""
        row = self._sql.execute(
            f"select {_COLUMNS} from message where instance = ? and key_id = ? order by row desc limit 1",  # noqa: S608
            (instance, key_id),
        ).fetchone()
        return None if row is None else _message(row)

    def count(self, instance: str, wanted: MessageFilter | None = None) -> int:
        """How many messages match."""
        condition, values = (wanted or MessageFilter()).where(instance)
        (total,) = self._sql.execute(f"select count(*) from message where {condition}", values).fetchone()  # noqa: S608
        return int(total)

    def page(self, instance: str, wanted: MessageFilter, *, skip: int, take: int) -> list[StoredMessage]:
        """Newest first, without a tie-breaker: rows of one second come in another order at every call."""
        condition, values = wanted.where(instance)
        salt = time.perf_counter_ns() // 1000 % 7919 * 2 + 1
        rows = self._sql.execute(
            f"select {_COLUMNS} from message where {condition} "  # noqa: S608
            "order by ts desc, (row * ?) % 7919 limit ? offset ?",
            (*values, salt, take, skip),
        ).fetchall()
        return [_message(row) for row in rows]

    def after_row(self, instance: str, row: int, until: int, limit: int) -> list[StoredMessage]:
        """Messages in the order of insertion, for a history sync."""
        rows = self._sql.execute(
            f"select {_COLUMNS} from message "  # noqa: S608
            "where instance = ? and row > ? and row <= ? order by row limit ?",
            (instance, row, until, limit),
        ).fetchall()
        return [_message(one) for one in rows]

    def last_row(self) -> int:
        """The newest row number of all messages, 0 when there is none."""
        (row,) = self._sql.execute("select coalesce(max(row), 0) from message").fetchone()
        return int(row)

    def newest(self, instance: str) -> int:
        """The latest message time of an instance in epoch seconds, 0 when it has none."""
        (ts,) = self._sql.execute("select coalesce(max(ts), 0) from message where instance = ?", (instance,)).fetchone()
        return int(ts)

    def ledger(self, instance: str, since_row: int = 0) -> list[tuple[int, str, bool, str, int, float | None]]:
        """(row, key id, from me, type, ts, emitted) of every stored message: what tests count against."""
        rows = self._sql.execute(
            "select row, key_id, from_me, kind, ts, emitted from message where instance = ? and row > ? order by row",
            (instance, since_row),
        ).fetchall()
        return [(row, key_id, bool(from_me), kind, ts, emitted) for row, key_id, from_me, kind, ts, emitted in rows]

    def add_update(self, instance: str, key_id: str, status: str) -> None:
        """A row of MessageUpdate."""
        self._sql.execute(
            "insert into message_update (instance, key_id, status) values (?, ?, ?)",
            (instance, key_id, status),
        )

    def updates(self, instance: str, key_ids: Sequence[str]) -> dict[str, list[str]]:
        """Statuses of some messages, oldest first."""
        found: dict[str, list[str]] = {}
        for start in range(0, len(key_ids), 500):
            part = key_ids[start : start + 500]
            marks = ", ".join("?" * len(part))
            for key_id, status in self._sql.execute(
                f"select key_id, status from message_update "  # noqa: S608
                f"where instance = ? and key_id in ({marks}) order by row",
                (instance, *part),
            ):
                found.setdefault(key_id, []).append(status)
        return found

    def contacts(self, instance: str) -> list[dict[str, Any]]:
        """Every contact of an instance."""
        rows = self._sql.execute("select doc from contact where instance = ? order by rowid", (instance,)).fetchall()
        return [orjson.loads(doc) for (doc,) in rows]

    def contact(self, instance: str, jid: str) -> dict[str, Any] | None:
        """One contact by address."""
        row = self._sql.execute("select doc from contact where instance = ? and jid = ?", (instance, jid)).fetchone()
        return None if row is None else orjson.loads(row[0])

    def save_contacts(self, instance: str, contacts: Iterable[dict[str, Any]]) -> None:
        """Insert or replace contacts."""
        self._sql.execute("begin")
        self._sql.executemany(
            "insert into contact values (?, ?, ?) on conflict (instance, jid) do update set doc = excluded.doc",
            [(instance, contact["remoteJid"], orjson.dumps(contact)) for contact in contacts],
        )
        self._sql.execute("commit")

    def totals(self, instance: str) -> dict[str, int]:
        """`_count` of fetchInstances."""
        (contacts,) = self._sql.execute("select count(*) from contact where instance = ?", (instance,)).fetchone()
        (chats,) = self._sql.execute(
            "select count(distinct chat) from message where instance = ?", (instance,)
        ).fetchone()
        return {"Message": self.count(instance), "Contact": contacts, "Chat": chats}
