"""What happens after a build: each changes the world and the database, and leaves the marks that its writer leaves."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from tests.integration.warehouse.recount import chat, speaker
from tests.integration.warehouse.world import (
    DAYS,
    Message,
    Tenant,
    World,
    mark_dirty,
    write_inferences,
    write_links,
    write_messages,
    write_scores,
)


def _sample(world: World, tenant: Tenant, **wanted: Any) -> Message:
    """An old message: from the world's own weeks, not of today."""
    fitting = [
        message
        for message in tenant.messages.values()
        if message.kind == "individual"
        and tenant.day(message.sent_at) < tenant.first_day + timedelta(days=DAYS)
        and all(getattr(message, name) == value for name, value in wanted.items())
    ]
    return world.random.choice(fitting)


def _spoken(tenant: Tenant) -> list[list[Message]]:
    """The messages that make conversations, chat by chat in order of time."""
    said = [m for m in tenant.messages.values() if speaker(m)]
    said.sort(key=lambda m: (chat(tenant, m), m.sent_at, m.id))
    return [list(messages) for _, messages in itertools.groupby(said, key=lambda m: chat(tenant, m))]


def a_late_message_joins_two_conversations(connection: psycopg.Connection, world: World, tenant: Tenant) -> Message:
    """As late as it can be after one conversation, and the other begins as long after it as it can."""
    gap = timedelta(hours=tenant.gap_hours)
    pairs = [
        (two.sent_at - one.sent_at, one)
        for messages in _spoken(tenant)
        for one, two in itertools.pairwise(messages)
        if gap < two.sent_at - one.sent_at < 2 * gap
    ]
    before = max(pairs, key=lambda pair: pair[0])[1]
    late = world.say(tenant, before.chat_identity, before.sent_at + gap - timedelta(seconds=1))
    late.type, late.direction, late.deleted, late.text, late.score = "text", "in", False, "oi", None
    tenant.inferences = [item for item in tenant.inferences if item.message != late.id]
    write_messages(connection, tenant, [late])
    mark_dirty(connection, tenant, late, "message")
    return late


def a_conversation_is_cut_in_two(connection: psycopg.Connection, world: World, tenant: Tenant) -> bool:
    """A message is revoked that held a conversation together, and the rest begins on another day; if there is one."""
    gap = timedelta(hours=tenant.gap_hours)
    for messages in _spoken(tenant):
        for one, held, two in zip(messages, messages[1:], messages[2:], strict=False):
            apart = held.sent_at - one.sent_at < gap and two.sent_at - held.sent_at < gap <= two.sent_at - one.sent_at
            if apart and tenant.day(two.sent_at) != tenant.day(held.sent_at):
                revoke(connection, tenant, held)
                return True
    return False


def a_message_is_revoked(connection: psycopg.Connection, world: World, tenant: Tenant) -> None:
    revoke(connection, tenant, _sample(world, tenant, deleted=False, type="text"))


def revoke(connection: psycopg.Connection, tenant: Tenant, message: Message) -> None:
    message.deleted = True
    connection.execute(
        "update app.message_body set deleted_at = now() where tenant_id = %s and message_id = %s",
        [tenant.id, message.id],
    )
    mark_dirty(connection, tenant, message, "delete")


def a_score_comes_late(connection: psycopg.Connection, world: World, tenant: Tenant) -> None:
    message = _sample(world, tenant, direction="in", type="text", deleted=False)
    [(now,)] = connection.execute("select now()").fetchall()
    inference = world.score(tenant, message, now)
    write_scores(connection, tenant, [message])
    write_inferences(connection, tenant, [inference])
    mark_dirty(connection, tenant, message, "score")


def two_chats_turn_out_to_be_one(connection: psycopg.Connection, world: World, tenant: Tenant) -> None:
    moved, kept = world.random.sample(sorted(tenant.links), 2)
    tenant.links[moved] = tenant.links[kept]
    write_links(connection, tenant)
    one = next((m for m in tenant.messages.values() if m.chat_identity == moved), None)
    if one:
        mark_dirty(connection, tenant, one, "link")


def an_agent_turns_out_to_be_a_bot(connection: psycopg.Connection, world: World, tenant: Tenant) -> None:
    message = _sample(world, tenant, direction="out", author=None, deleted=False)
    message.author = "bot"
    connection.execute(
        "insert into app.message_origin (tenant_id, message_id, author_type) values (%s, %s, 'bot')",
        [tenant.id, message.id],
    )
    mark_dirty(connection, tenant, message, "message")


def somebody_closes_a_conversation(connection: psycopg.Connection, world: World, tenant: Tenant) -> None:
    message = _sample(world, tenant, type="text", deleted=False)
    moment = message.sent_at + timedelta(seconds=world.random.randrange(1, 40), microseconds=7)
    tenant.closes.append((message.chat_identity, moment))
    connection.execute(
        "insert into app.conversation_close (tenant_id, id, chat_identity_id, closed_at) values (%s, %s, %s, %s)",
        [tenant.id, world.uuid(), message.chat_identity, moment],
    )
    connection.execute(
        "insert into app.dirty (tenant_id, chat_identity_id, local_day, cause) values (%s, %s, %s, 'close')",
        [tenant.id, message.chat_identity, tenant.day(moment)],
    )


def somebody_writes_today(connection: psycopg.Connection, world: World, tenant: Tenant) -> None:
    moment = datetime.now(UTC).replace(microsecond=0)
    identity = world.random.choice([world.uuid(), world.random.choice(sorted(tenant.links))])
    message = world.say(tenant, identity, moment)
    made = [item for item in tenant.inferences if item.message == message.id]
    for inference in made:
        inference.created_at = moment
    write_messages(connection, tenant, [message])
    write_inferences(connection, tenant, made)
    mark_dirty(connection, tenant, message, "message")


def one_contact_writes_today_from_two_addresses(connection: psycopg.Connection, world: World, tenant: Tenant) -> None:
    """The addresses are in two slices of the chats, so the day's contacts are no sum of the slices'."""
    known = world.random.choice(sorted(tenant.links))
    other = next(made for made in iter(world.uuid, None) if made.bytes[15] % 16 != known.bytes[15] % 16)
    tenant.links[other] = tenant.links[known]
    write_links(connection, tenant)
    for identity in (known, other):
        say_today(connection, world, tenant, identity)


def what_was_said_today_is_revoked(connection: psycopg.Connection, world: World, tenant: Tenant) -> None:
    identity = world.random.choice(sorted(tenant.links))
    said = [say_today(connection, world, tenant, identity) for _ in range(2)]
    revoke(connection, tenant, said[0])


def say_today(connection: psycopg.Connection, world: World, tenant: Tenant, identity: UUID) -> Message:
    message = world.say(tenant, identity, datetime.now(UTC).replace(microsecond=0))
    message.type, message.direction, message.deleted, message.text, message.score = "text", "in", False, "oi", None
    tenant.inferences = [item for item in tenant.inferences if item.message != message.id]
    write_messages(connection, tenant, [message])
    mark_dirty(connection, tenant, message, "message")
    return message


def an_answer_is_erased(connection: psycopg.Connection, world: World, tenant: Tenant) -> None:
    """With the mark that erasure leaves of the day on which the model answered."""
    gone = world.random.choice(tenant.inferences)
    tenant.inferences.remove(gone)
    connection.execute("delete from app.inference where tenant_id = %s and id = %s", [tenant.id, gone.id])
    connection.execute(
        "insert into app.dirty (tenant_id, chat_identity_id, local_day, cause) values (%s, %s, %s, 'erasure')",
        [tenant.id, tenant.messages[gone.message].chat_identity, tenant.day(gone.created_at)],
    )


EVENTS = [
    a_late_message_joins_two_conversations,
    a_conversation_is_cut_in_two,
    a_message_is_revoked,
    a_score_comes_late,
    two_chats_turn_out_to_be_one,
    an_agent_turns_out_to_be_a_bot,
    somebody_closes_a_conversation,
    somebody_writes_today,
    one_contact_writes_today_from_two_addresses,
    what_was_said_today_is_revoked,
    an_answer_is_erased,
]
