"""Shards of chats: one chat's tasks stay together, and each drain group works on some of the shards."""

from __future__ import annotations

from uuid import UUID

SHARDS = 64


def shard_of(chat_identity_id: UUID) -> int:
    """The shard of a chat's tasks: the low six bits of its id, random in a UUIDv7."""
    return chat_identity_id.int % SHARDS


def shards_of_group(group: int, groups: int) -> list[int]:
    """The shards that drain group `group` of `groups` works on."""
    return [shard for shard in range(SHARDS) if shard % groups == group]
