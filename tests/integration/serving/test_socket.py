"""The WebSocket, by a real client on a real server: who gets in, what they hear, what they don't."""

import asyncio
import json
import time
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from evosense.live.models import NewLiveEvent
from evosense.live.publish import publish
from tests.integration.serving.conftest import running


def analyzed(tenant_id, number: int) -> NewLiveEvent:
    return NewLiveEvent(tenant_id, "message_analyzed", "messages", {"message_id": str(uuid4()), "n": number})


async def tell(pool, *events: NewLiveEvent) -> None:
    async with pool.connection() as connection:
        await publish(connection, list(events))


async def hear(socket: ClientConnection) -> dict:
    return json.loads(await asyncio.wait_for(socket.recv(), 10))


@asynccontextmanager
async def listening(api, person, *, since: int | None = None, tenant=None, token: str | None = None):
    url = f"{api.websocket_url}/ws/tenant/{tenant or person.tenant_id}/"
    # Without a bound to its queue, the client reads the close frame even when it leaves others unread.
    async with connect(url, max_queue=None) as socket:
        frame = {"type": "auth", "token": token or api.token(person)} | ({} if since is None else {"since": since})
        await socket.send(json.dumps(frame))
        yield socket


async def closed(socket: ClientConnection) -> int:
    async def read_on() -> None:
        async for _ in socket:
            pass

    with pytest.raises(ConnectionClosed) as ended:
        await asyncio.wait_for(read_on(), 15)
    return ended.value.rcvd.code


async def test_events_arrive_typed_and_numbered(api, people, pipeline_pool):
    ana = people["ana"]
    async with listening(api, ana) as socket:
        assert await hear(socket) == {"v": 1, "seq": 0, "type": "ready", "payload": {"tenant_id": str(ana.tenant_id)}}
        event = analyzed(ana.tenant_id, 1)
        await tell(pipeline_pool, event)
        assert await hear(socket) == {"v": 1, "seq": 1, "type": "message_analyzed", "payload": event.payload}


async def test_the_token_may_come_as_subprotocol(api, people, pipeline_pool):
    ana = people["ana"]
    await tell(pipeline_pool, analyzed(ana.tenant_id, 1), analyzed(ana.tenant_id, 2))
    protocols = ["evosense.v1", f"bearer.{api.token(ana)}"]
    url = f"{api.websocket_url}/ws/tenant/{ana.tenant_id}/?since=1"
    async with connect(url, subprotocols=protocols) as socket:
        assert socket.subprotocol == "evosense.v1"
        assert (await hear(socket))["type"] == "ready"
        assert (await hear(socket))["seq"] == 2


async def test_another_companys_socket_is_closed_with_4403(api, people, pipeline_pool):
    for tenant in (people["bia"].tenant_id, uuid4(), "x"):
        async with listening(api, people["ana"], tenant=tenant) as socket:
            await tell(pipeline_pool, analyzed(people["bia"].tenant_id, 1))
            with pytest.raises(ConnectionClosed) as ended:
                await asyncio.wait_for(socket.recv(), 10)  # nothing is heard before the close
            assert ended.value.rcvd.code == 4403


async def test_without_a_good_token_it_is_4401(api, people):
    ana = people["ana"]
    old = api.resources.tokens.issue(user_id=ana.user_id, tenant_id=ana.tenant_id, role="admin", now=time.time() - 601)
    for token in ("x", old, api.token(ana)[:-2]):
        async with listening(api, ana, token=token) as socket:
            assert await closed(socket) == 4401


async def test_a_first_frame_that_is_something_else_is_refused(api, people):
    url = f"{api.websocket_url}/ws/tenant/{people['ana'].tenant_id}/"
    token = api.token(people["ana"])
    frames = {
        '{"type":"ping"}': 4401,
        '{"type":"auth"}': 4401,
        '{"type":"auth","token":7}': 4401,
        "rubbish": 4400,
        "[]": 4400,
        '{"type":7}': 4400,
        json.dumps({"type": "auth", "token": token, "since": -1}): 4400,
        json.dumps({"type": "auth", "token": token, "since": "1"}): 4400,
        b"\x00\x01": 4400,
        "x" * 20_000: 1009,
    }
    for frame, code in frames.items():
        async with connect(url) as socket:
            await socket.send(frame)
            assert (frame[:40], await closed(socket)) == (frame[:40], code)


async def test_pages_of_other_sites_can_not_connect(api, people):
    url = f"{api.websocket_url}/ws/tenant/{people['ana'].tenant_id}/"
    with pytest.raises(InvalidStatus) as refused:
        await connect(url, origin="https://evil.example")
    assert refused.value.response.status_code == 403
    async with connect(url, origin=api.url) as socket:
        await socket.send(json.dumps({"type": "auth", "token": api.token(people["ana"])}))
        assert (await hear(socket))["type"] == "ready"


async def test_two_companies_hear_their_own_and_nothing_else(api, people, pipeline_pool):
    ana, bia = people["ana"], people["bia"]
    async with listening(api, ana) as first, listening(api, bia) as second:
        assert [(await hear(socket))["type"] for socket in (first, second)] == ["ready", "ready"]
        for number in range(100):
            await tell(pipeline_pool, analyzed(ana.tenant_id, number), analyzed(bia.tenant_id, -number - 1))
        heard = [[await hear(socket) for _ in range(100)] for socket in (first, second)]
    assert [frame["payload"]["n"] for frame in heard[0]] == list(range(100))
    assert [frame["payload"]["n"] for frame in heard[1]] == [-number - 1 for number in range(100)]
    assert [frame["seq"] for frame in heard[0]] == list(range(1, 101))


async def test_an_audience_is_kept_apart(api, people, pipeline_pool):
    ana, alice = people["ana"], people["alice"]
    secret = NewLiveEvent(ana.tenant_id, "kpi_changed", "kpis", {"n": 1}, audience="admin")
    async with listening(api, ana) as admin, listening(api, alice) as analyst:
        assert [(await hear(socket))["type"] for socket in (admin, analyst)] == ["ready", "ready"]
        await tell(pipeline_pool, secret, analyzed(ana.tenant_id, 2))
        assert [(await hear(admin))["payload"]["n"] for _ in range(2)] == [1, 2]
        assert (await hear(analyst))["payload"]["n"] == 2
    caught_up = await api.client.get("/api/live?since=0", headers=api.headers(alice))
    assert [event["seq"] for event in caught_up.json()["events"]] == [2]


async def test_coming_back_with_since_misses_nothing(api, people, pipeline_pool):
    """Events go on being told while clients come and go; each ends with all of them, once, in order."""
    tenant = people["ana"].tenant_id
    total = 120

    async def writer() -> None:
        for number in range(total):
            await tell(pipeline_pool, analyzed(tenant, number))

    async def reader() -> list[int]:
        seqs: list[int] = []
        while len(seqs) < total:
            async with listening(api, people["ana"], since=seqs[-1] if seqs else 0) as socket:
                assert (await hear(socket))["type"] == "ready"
                for _ in range(min(7, total - len(seqs))):
                    seqs.append((await hear(socket))["seq"])
        return seqs

    results = await asyncio.gather(writer(), reader(), reader(), reader())
    assert results[1:] == [list(range(1, total + 1))] * 3


async def test_too_old_or_unknown_numbers_are_told_to_resync(api, people, pipeline_pool, admin_connection):
    tenant = people["ana"].tenant_id
    await tell(pipeline_pool, *(analyzed(tenant, number) for number in range(5)))
    admin_connection.execute("delete from app.live_event where seq <= 3")
    for since in (0, 2, 99):
        async with listening(api, people["ana"], since=since) as socket:
            assert (await hear(socket))["type"] == "ready"
            assert await hear(socket) == {"v": 1, "seq": 5, "type": "resync", "payload": {}}
        body = (await api.client.get(f"/api/live?since={since}", headers=api.headers(people["ana"]))).json()
        assert (body["resync"], body["newest"], body["events"]) == (True, 5, [])
    body = (await api.client.get("/api/live?since=3&limit=1", headers=api.headers(people["ana"]))).json()
    assert ([event["seq"] for event in body["events"]], body["has_more"], body["resync"]) == ([4], True, False)


async def test_ping_is_answered_and_a_renewed_token_keeps_the_line(api, people, pipeline_pool):
    ana = people["ana"]
    soon = api.resources.tokens.issue(
        user_id=ana.user_id, tenant_id=ana.tenant_id, role="admin", now=time.time() - 598.5
    )
    async with listening(api, ana, token=soon) as kept, listening(api, ana, token=soon) as lost:
        assert [(await hear(socket))["type"] for socket in (kept, lost)] == ["ready", "ready"]
        await kept.send(json.dumps({"type": "auth", "token": api.token(ana)}))
        assert await closed(lost) == 4401
        await kept.send('{"type":"ping"}')
        assert (await hear(kept))["type"] == "pong"
        await tell(pipeline_pool, analyzed(ana.tenant_id, 1))
        assert (await hear(kept))["seq"] == 1


async def test_a_token_of_somebody_else_does_not_renew(api, people):
    for name in ("otto", "bia"):
        async with listening(api, people["ana"]) as socket:
            await hear(socket)
            await socket.send(json.dumps({"type": "auth", "token": api.token(people[name])}))
            assert await closed(socket) == 4403


async def test_several_processes_tell_the_same(api, people, pipeline_pool, database_url):
    tenant = people["ana"].tenant_id
    async with (
        running(database_url) as second,
        listening(api, people["ana"]) as one,
        listening(second, people["ana"]) as two,
    ):
        assert [(await hear(socket))["type"] for socket in (one, two)] == ["ready", "ready"]
        await tell(pipeline_pool, analyzed(tenant, 1))
        assert await hear(one) == await hear(two)


async def test_a_broken_listen_connection_loses_nothing(api, people, pipeline_pool, admin_connection):
    tenant = people["ana"].tenant_id
    async with listening(api, people["ana"]) as socket:
        assert (await hear(socket))["type"] == "ready"
        admin_connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'evosense live' "
            "and datname = current_database()"
        )
        for number in range(5):
            await tell(pipeline_pool, analyzed(tenant, number))
        assert [(await hear(socket))["seq"] for _ in range(5)] == [1, 2, 3, 4, 5]


async def test_a_slow_client_is_dropped_and_harms_nobody(api, people, pipeline_pool):
    ana = people["ana"]
    big = "x" * 20_000
    async with listening(api, ana) as quick:
        assert (await hear(quick))["type"] == "ready"
        slow = await connect(f"{api.websocket_url}/ws/tenant/{ana.tenant_id}/", max_queue=1, ping_interval=None)
        await slow.send(json.dumps({"type": "auth", "token": api.token(ana)}))
        assert (await hear(slow))["type"] == "ready"
        slow.transport.pause_reading()
        batch = [NewLiveEvent(ana.tenant_id, "kpi_changed", "kpis", {"x": big}) for _ in range(100)]
        for _ in range(10):
            await tell(pipeline_pool, *batch)
            for _ in range(100):
                await hear(quick)
        async with asyncio.timeout(10):
            while api.resources.hub.clients > 1:
                await tell(pipeline_pool, analyzed(ana.tenant_id, 1))
                await hear(quick)
        slow.transport.resume_reading()
        assert await closed(slow) == 1013
        text = (await api.client.get("/metrics")).text
        assert 'evosense_live_closed_total{code="1013"} 1.0' in text


async def test_who_is_deactivated_or_gets_another_role_hears_nothing_more(api, people, admin_connection, monkeypatch):
    monkeypatch.setattr("serving.live.socket._RECHECK_SECONDS", 0.05)
    api.resources.principals.remember_for(0)
    ana, otto, alice = people["ana"], people["otto"], people["alice"]
    async with listening(api, otto) as deactivated, listening(api, alice) as changed, listening(api, ana) as stays:
        for socket in (deactivated, changed, stays):
            assert (await hear(socket))["type"] == "ready"
        admin_connection.execute("update app.app_user set disabled_at = now() where user_id = %s", (otto.user_id,))
        admin_connection.execute("update app.app_user set role = 'operator' where user_id = %s", (alice.user_id,))
        assert await closed(deactivated) == 4401
        assert await closed(changed) == 4401
        await stays.send('{"type":"ping"}')
        assert (await hear(stays))["type"] == "pong"
    async with listening(api, otto) as again:
        assert await closed(again) == 4401


async def test_one_socket_too_many_of_a_company_is_told_so(database_url, people):
    async with running(database_url, settings={"live_max_per_tenant": 2}) as api:
        async with listening(api, people["ana"]) as first, listening(api, people["otto"]) as second:
            assert [(await hear(socket))["type"] for socket in (first, second)] == ["ready", "ready"]
            async with listening(api, people["alice"]) as third:
                assert await closed(third) == 4429
            async with listening(api, people["bia"]) as other:
                assert (await hear(other))["type"] == "ready"
        async with listening(api, people["alice"]) as later:
            assert (await hear(later))["type"] == "ready"
