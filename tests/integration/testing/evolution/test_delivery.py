"""What the account's side does: order, losses, contact traps, status, edits, and the faults on top."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from evosense.errors import InvalidInput
from evosense.testing.evolution import Draft, EvolutionStandIn, Faults
from tests.integration.testing.evolution.conftest import PlainClient, plain_client, small_config

NewText = Callable[..., Draft]
GROUP = "120363041234567890@g.us"


def ids(messages: list[dict[str, Any]]) -> list[str]:
    return [one["key"]["id"] for one in messages]


async def test_contacts_follow_with_the_real_traps(server: EvolutionStandIn, text: NewText) -> None:
    async with plain_client(server) as client:
        await client.join("/loja")
        author = {"chat": GROUP, "participant": "5511966665555@s.whatsapp.net", "push_name": "Lia Ramos"}
        server.deliver("loja", [text(), text(from_me=True), text(**author)])
        events = [await client.event() for _ in range(6)]
    told = [(name, one["data"]["remoteJid"], one["data"]["pushName"]) for name, one in events[1::2]]
    assert told == [
        ("contacts.upsert", "5511977776666@s.whatsapp.net", "Marcos"),
        ("contacts.update", "5511977776666@s.whatsapp.net", ""),
        ("contacts.upsert", GROUP, "Lia Ramos"),
    ]
    assert events[2][1]["data"]["pushName"] == "Você"


async def test_a_name_that_is_too_long_ends_its_batch(server: EvolutionStandIn, text: NewText) -> None:
    drafts = [text("entra"), text("cai", push_name="x" * 101), text("cai junto")]
    async with plain_client(server) as client:
        await client.join("/loja")
        assert server.deliver("loja", drafts) == 1
        assert ids(await client.messages(1)) == [drafts[0].key_id]
        await client.event()
        assert await client.quiet()
    assert server.database.count("loja") == 1


async def test_status_of_an_unknown_message_is_dropped(server: EvolutionStandIn, text: NewText) -> None:
    loja, known = server.instance("loja"), text(from_me=True)
    async with plain_client(server) as client:
        await client.join("/loja")
        assert not server.whatsapp.status(loja, text(), "READ")
        server.deliver("loja", [known])
        assert server.whatsapp.status(loja, known, "READ")
        (data,) = await client.messages(1, "messages.update")
    assert (data["keyId"], data["status"], data["fromMe"]) == (known.key_id, "READ", True)
    assert data["messageId"] != known.key_id


async def test_edits_and_revokes_are_two_events_each(server: EvolutionStandIn, text: NewText) -> None:
    loja, one = server.instance("loja"), text("antes")
    server.deliver("loja", [one])
    async with plain_client(server) as client:
        await client.join("/loja")
        server.whatsapp.edit(loja, one, "depois")
        server.whatsapp.revoke(loja, one)
        server.whatsapp.edit(loja, one, "pela api", through_api=True)
        events = [await client.event() for _ in range(5)]
    assert [name for name, _ in events] == [
        "messages.edited",
        "messages.update",
        "messages.edited",
        "messages.delete",
        "send.message.update",
    ]
    data = [one["data"] for _, one in events]
    assert data[0]["editedMessage"] == {"conversation": "depois"}
    assert data[1]["message"]["editedMessage"]["message"]["conversation"] == "depois"
    assert data[2]["type"] == "REVOKE"
    assert data[3] == {"remoteJid": one.chat, "fromMe": False, "id": one.key_id, "status": "DELETED"}


async def faulty(client: PlainClient, server: EvolutionStandIn, drafts: list[Draft], **faults: Any) -> None:
    await client.join("/loja")
    server.set_faults(faults)
    for draft in drafts:
        server.deliver("loja", [draft])


async def test_duplicates_are_stored_and_emitted_twice(server: EvolutionStandIn, text: NewText) -> None:
    drafts = [text() for _ in range(20)]
    async with plain_client(server) as client:
        await faulty(client, server, drafts, duplicate=1.0)
        assert Counter(ids(await client.messages(40))) == Counter([one.key_id for one in drafts] * 2)
    assert server.database.count("loja") == 40


async def test_reordered_events_all_arrive(server: EvolutionStandIn, text: NewText) -> None:
    drafts = [text() for _ in range(50)]
    async with plain_client(server) as client:
        await faulty(client, server, drafts, reorder_window=8, reorder_hold_s=0.02)
        heard = ids(await client.messages(50))
    sent = [one.key_id for one in drafts]
    assert heard != sent
    assert sorted(heard) == sorted(sent)


async def test_lost_and_muted_events_are_still_in_the_database(server: EvolutionStandIn, text: NewText) -> None:
    async with plain_client(server) as client:
        await faulty(client, server, [text() for _ in range(5)], lose=1.0)
        assert await client.quiet()
        server.set_faults({"lose": 0.0, "mute": ["loja"]})
        server.deliver("loja", [text()])
        assert await client.quiet()
    assert server.database.count("loja") == 6


async def test_contacts_may_come_first(server: EvolutionStandIn, text: NewText) -> None:
    async with plain_client(server) as client:
        await faulty(client, server, [text()], contacts_first=1.0)
        assert [(await client.event())[0] for _ in range(2)] == ["contacts.upsert", "messages.upsert"]


async def test_a_cut_may_fall_between_a_head_and_its_attachments(text: NewText) -> None:
    async with EvolutionStandIn(small_config()) as server:
        heads = 0
        for _ in range(12):
            async with plain_client(server) as client:
                await faulty(client, server, [text()], cut=1.0)
                heads += any(str(frame).startswith("451-") for frame in await client.until_closed())
            server.set_faults({"cut": 0.0})
    assert 0 < heads < 12


async def test_unknown_faults_are_named() -> None:
    with pytest.raises(InvalidInput, match="duplicate"):
        Faults().changed({"duplicates": 1})


async def test_a_second_of_live_traffic_brings_receipts(text: NewText) -> None:
    async with EvolutionStandIn(small_config()) as server, plain_client(server) as client:
        await client.join("/loja")
        server.player.set_rate(200)
        updates = await client.messages(3, "messages.update")
        server.player.set_rate(0)
    assert {one["status"] for one in updates} <= {"DELIVERY_ACK", "READ", "SERVER_ACK"}
