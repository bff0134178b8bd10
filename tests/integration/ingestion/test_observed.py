"""What was observed on a real Evolution server, and what has to come of it here."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from evosense.connections.repository import add_connection
from evosense.db.database import AsyncPool
from evosense.errors import InvalidInput
from evosense.tenants.keys import MasterKey
from evosense.tenants.repository import open_keys
from evosense.testing.evolution.config import EngineTimings, InstanceSpec, StandInConfig
from evosense.testing.evolution.drafts import Draft
from evosense.testing.evolution.server import EvolutionStandIn
from ingestion.listener import Listener
from tests.integration.ingestion.conftest import CUSTOMER, Rows, draft

Listening = Callable[[], AbstractAsyncContextManager[Listener]]
Connect = Callable[..., Any]
GROUP = "120363041234567890@g.us"
HIDDEN = "99887766554433@lid"


@pytest.mark.parametrize("name", ["Loja Ação 1", "loja?filial", "100%"])
async def test_names_of_instances_as_people_write_them(
    name: str, evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    evolution.load.add_instances({"name": name, "token": "token-c"})
    await connect_instance(name, "token-c")
    async with listening():
        await rows.live()
        evolution.deliver(name, [draft("HEARD")])
        await rows.ids({"HEARD"})
    evolution.deliver(name, [draft("FETCHED")])
    async with listening():
        await rows.ids({"HEARD", "FETCHED"})


@pytest.mark.parametrize("name", ["", "loja,filial", "loja/filial", "loja#1"])
async def test_names_that_can_not_be_joined_are_refused(name: str, connect_instance: Connect) -> None:
    with pytest.raises(InvalidInput, match="name"):
        await connect_instance(name, "token-c")


async def test_the_first_event_of_a_namespace_goes_to_nobody(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    """An instance without a phone tells nothing when its server starts."""
    evolution.instance("loja-a").state = "close"
    await evolution.restart()
    await connect_instance()
    async with listening():
        await rows.until(
            "select state, state_reason from app.connection", lambda found: found == [("joining", "Invalid namespace")]
        )
        evolution.deliver("loja-a", [draft("FIRST")])
        await rows.ids({"FIRST"})
        await rows.live()
    assert rows.all("select cause, state, recovered from app.ingestion_gap") == [("start", "repaired", 1)]


async def test_a_restarted_server_opens_its_port_before_its_namespaces(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    await connect_instance()
    evolution.config = replace(evolution.config, boot_s=0.5)
    async with listening():
        await rows.live()
        await evolution.restart()
        evolution.deliver("loja-a", [draft("TO-NOBODY")])
        await rows.ids({"TO-NOBODY"})
        await rows.until("select 1", lambda _: evolution.hub.members("/loja-a") == 1)
        evolution.deliver("loja-a", [draft("HEARD")])
        await rows.ids({"TO-NOBODY", "HEARD"})


async def test_a_server_that_stops_pinging_is_left(
    listening: Listening, rows: Rows, pipeline_pool: AsyncPool, master_key: MasterKey, tenant_id: UUID
) -> None:
    timings = EngineTimings(ping_interval_s=0.3, ping_timeout_s=0.2)
    async with EvolutionStandIn(StandInConfig(instances=(InstanceSpec("loja-a", "t"),), engine=timings)) as server:
        async with pipeline_pool.connection() as connection:
            keys = await open_keys(connection, master_key, tenant_id)
            await add_connection(connection, keys, name="a", server_url=server.url, instance="loja-a", token="t")
        async with listening() as listener:
            await rows.live()
            server.set_faults({"no_pings": True, "mute": ["loja-a"]})
            server.deliver("loja-a", [draft("UNHEARD")])
            await rows.until("select 1", lambda _: listener.metrics.links_lost._value.get() > 0)
            server.set_faults({"no_pings": False, "mute": []})
            await rows.ids({"UNHEARD"})


async def test_a_crowded_second_is_fetched_whole(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    """The server's pages lose rows of one second."""
    await connect_instance()
    moment = int(time.time())
    sent = [replace(draft(f"M{number}"), sent_at=moment) for number in range(700)]
    evolution.deliver("loja-a", sent)
    async with listening():
        await rows.ids({message.key_id for message in sent})
        await rows.live()
    assert rows.all("select state, recovered from app.ingestion_gap") == [("repaired", 700)]


@pytest.mark.parametrize("seconds", [-1800, -300, 300, 1800])
async def test_clocks_that_differ_lose_nothing(
    seconds: int, evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    """Messages are dated by WhatsApp, gaps by us."""

    def dated(key_id: str) -> Draft:
        return replace(draft(key_id), sent_at=int(time.time()) + seconds)

    evolution.bus.clock = lambda: time.time() + seconds
    await connect_instance()
    rows.all("update app.connection set created_at = now() - interval '1 hour' returning 1")
    async with listening():
        await rows.live()
        evolution.deliver("loja-a", [dated("HEARD")])
        await rows.ids({"HEARD"})
    evolution.deliver("loja-a", [dated("FETCHED")])
    async with listening():
        await rows.ids({"HEARD", "FETCHED"})


async def test_global_mode_and_namespace_tell_everything_twice(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    evolution.config = evolution.bus.config = replace(evolution.config, global_events=True)
    await connect_instance()
    message = draft("A")
    async with listening():
        await rows.live()
        evolution.deliver("loja-a", [message])
        evolution.whatsapp.edit(evolution.instance("loja-a"), message, "depois")
        await rows.until("select text, revision from app.message_body", lambda found: found == [("depois", 1)])
    told = dict(rows.all("select event, count(*) from raw.evolution_event group by 1"))
    assert told == {"messages.upsert": 1, "contacts.upsert": 1, "messages.edited": 1, "messages.update": 1}


async def test_a_server_that_leaves_global_mode_is_still_heard(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    evolution.config = evolution.bus.config = replace(evolution.config, global_events=True)
    await connect_instance()
    async with listening():
        await rows.live()
        evolution.deliver("loja-a", [draft("A")])
        await rows.ids({"A"})
        evolution.config = evolution.bus.config = replace(evolution.config, global_events=False)
        await evolution.restart()
        await rows.until("select 1", lambda _: evolution.hub.members("/loja-a") == 1)
        evolution.deliver("loja-a", [draft("B")])
        await rows.ids({"A", "B"})


async def test_a_phone_that_comes_and_goes_three_times_a_second_is_a_few_rows(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    await connect_instance()
    instance = evolution.instance("loja-a")
    async with listening():
        await rows.live()
        for _ in range(30):
            evolution.lifecycle.connection(instance, "connecting", 200)
            evolution.lifecycle.connection(instance, "close", 408)
            await asyncio.sleep(0.05)
        await rows.until("select whatsapp_state from app.connection", lambda found: found == [("close",)])
        told = rows.all("select count(*) from raw.evolution_event where event = 'connection.update'")
        heard = rows.all("select count(*) from app.live_event where type = 'connection_state'")
    assert told == [(2,)]
    assert heard[0][0] <= 10


async def test_a_history_of_3000_is_taken_whole(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    """One frame of five megabytes, and 3,000 binary ones."""
    await connect_instance()
    async with listening():
        await rows.live()
        ids = evolution.load.history_frame("loja-a", 3000, 1200)
        await rows.until("select count(*) from app.message", lambda found: found == [(3000,)], seconds=60)
        await rows.ids(set(ids))
    assert rows.all("select count(*) from app.ingestion_gap where cause <> 'start'") == [(0,)]


async def test_a_hidden_chat_is_one_chat_whether_heard_or_fetched(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    """Told under the phone, stored under the hidden address."""
    await connect_instance()
    async with listening():
        await rows.live()
        evolution.deliver("loja-a", [draft("HEARD", lid=HIDDEN)])
        await rows.ids({"HEARD"})
    evolution.deliver("loja-a", [draft("FETCHED", lid=HIDDEN)])
    async with listening():
        await rows.ids({"HEARD", "FETCHED"})
        await rows.live()
    chats = rows.all(
        "select count(distinct l.chat_id), count(distinct l.contact_id) from app.message as m "
        "inner join app.identity_link as l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id"
    )
    assert chats == [(1, 1)]


async def test_names_that_are_none_change_nobodys(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    """After a message of our own the server tells an empty name, after a group's the author's as the group's."""
    await connect_instance()
    name = "select name_digest, name_at from app.contact where name_enc is not null"
    async with listening():
        await rows.live()
        evolution.deliver("loja-a", [draft("IN")])
        await rows.ids({"IN"})
        before = rows.all(name)
        author = {"participant": "5511966665555@s.whatsapp.net", "from_me": False}
        evolution.deliver("loja-a", [draft("OUT", from_me=True), draft("GROUP", chat=GROUP, **author)])
        for told in ("", "Você", CUSTOMER.partition("@")[0]):
            contact = {"remoteJid": CUSTOMER, "pushName": told, "profilePicUrl": None}
            evolution.bus.emit(evolution.instance("loja-a"), "contacts.upsert", [contact])
        evolution.deliver("loja-a", [draft("LAST", from_me=True)])
        await rows.ids({"IN", "OUT", "GROUP", "LAST"})
    assert len(before) == 1
    assert before[0] in rows.all(name)
    assert len(rows.all(name)) == 2  # the group's author
    assert rows.all("select count(*) from app.identity where kind = 'group'") == [(1,)]


async def test_what_was_deleted_while_nobody_listened(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    """The server notes a deletion as an edit besides; an edit before it is one all the same."""
    await connect_instance()
    instance, plain, edited = evolution.instance("loja-a"), draft("PLAIN"), draft("EDITED")
    bodies = """
        select m.external_id, b.text, b.revision, b.deleted_at is not null from app.message as m
        inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id order by 1
    """
    async with listening():
        await rows.live()
        evolution.deliver("loja-a", [plain, edited])
        await rows.ids({"PLAIN", "EDITED"})
    evolution.whatsapp.edit(instance, edited, "depois")
    evolution.whatsapp.revoke(instance, edited)
    evolution.whatsapp.revoke(instance, plain)
    async with listening():
        await rows.until(bodies, lambda found: found == [("EDITED", "depois", 1, True), ("PLAIN", "oi", 0, True)])


async def test_what_the_api_sent_is_heard_as_the_companys_own(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    """It is told as send.message only, never as a message."""
    await connect_instance()
    async with listening():
        await rows.live()
        evolution.deliver("loja-a", [draft("API", from_me=True, via_api=True), draft("PHONE", from_me=True)])
        await rows.ids({"API", "PHONE"})
    assert rows.all(
        "select m.external_id, m.direction, o.author_type from app.message as m "
        "left join app.message_origin as o on o.tenant_id = m.tenant_id and o.message_id = m.id order by 1"
    ) == [("API", "out", "bot"), ("PHONE", "out", None)]


async def test_the_servers_wall_clock_is_no_time(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    """`date_time` is local time with a false Z: a repetition that differs in it alone is one."""
    await connect_instance()
    instance, namespace = evolution.instance("loja-a"), "/loja-a"
    message = draft("A")
    envelope = evolution.bus.envelope(instance, "messages.upsert", evolution.whatsapp.writer.data(instance, message))
    async with listening():
        await rows.live()
        for told in ("2019-01-01T00:00:00.000Z", "2031-12-31T23:59:59.000Z"):
            evolution.bus.emit_envelope(namespace, {**envelope, "date_time": told})
        evolution.deliver("loja-a", [draft("LAST")])
        await rows.ids({"A", "LAST"})
    assert rows.all("select count(*) from raw.evolution_event where 'A' = any(external_ids)") == [(1,)]
    ((sent_at,),) = rows.all("select sent_at from app.message where external_id = 'A'")
    assert int(sent_at.timestamp()) == message.sent_at
