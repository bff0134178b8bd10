"""findMessages with the paging faults of the real one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from evosense.testing.evolution import Draft, EvolutionStandIn

NewText = Callable[..., Draft]
NOON = 1_795_176_000  # 2026-11-20T12:00:00Z
LID = "99887766554433@lid"


async def find(http: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await http.post("/chat/findMessages/loja", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["messages"]


def ids(page: dict[str, Any]) -> list[str]:
    return [one["key"]["id"] for one in page["records"]]


def iso(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.000Z"


async def test_offset_is_the_page_size_and_limit_is_ignored(
    server: EvolutionStandIn, http: httpx.AsyncClient, text: NewText
) -> None:
    server.deliver("loja", [text(sent_at=NOON + number) for number in range(120)])
    first = await find(http)
    assert (first["total"], first["pages"], first["currentPage"], len(first["records"])) == (120, 3, 1, 50)
    assert [one["messageTimestamp"] for one in first["records"][:2]] == [NOON + 119, NOON + 118]
    assert len((await find(http, limit=10))["records"]) == 50
    assert len((await find(http, offset=1000))["records"]) == 120
    assert len((await find(http, page=3))["records"]) == 20


async def test_pages_of_one_second_lose_rows_and_one_page_does_not(
    server: EvolutionStandIn, http: httpx.AsyncClient, text: NewText
) -> None:
    server.deliver("loja", [text(sent_at=NOON) for _ in range(25)])
    seen: set[str] = set()
    for number in range(1, 10):
        seen.update(ids(await find(http, page=number, offset=3)))
    assert len(seen) < 25
    assert len(set(ids(await find(http, offset=25)))) == 25


async def test_times_need_both_ends_and_milliseconds(
    server: EvolutionStandIn, http: httpx.AsyncClient, text: NewText
) -> None:
    server.deliver("loja", [text(sent_at=NOON + number) for number in range(10)])

    async def count(**times: Any) -> int:
        return (await find(http, where={"messageTimestamp": times}))["total"]

    assert await count(gte=iso(NOON + 2), lte=iso(NOON + 4)) == 3
    assert await count(gte=(NOON + 2) * 1000, lte=(NOON + 4) * 1000 + 999) == 3
    assert await count(gte=NOON + 2, lte=NOON + 4) == 0
    assert await count(gte=iso(NOON + 2)) == 10
    assert await count(lte=iso(NOON + 2)) == 10
    assert await count(gte="2026-11-20T09:00:02", lte="2026-11-20T09:00:04") == 3  # the server's own zone
    answer = await http.post(
        "/chat/findMessages/loja", json={"where": {"messageTimestamp": {"gte": "ontem", "lte": "hoje"}}}
    )
    assert answer.status_code == 500


async def test_filters_and_their_truthiness(server: EvolutionStandIn, http: httpx.AsyncClient, text: NewText) -> None:
    lid_chat = text("pelo lid", lid=LID, chat="5511955554444@s.whatsapp.net")
    mine = text("minha", from_me=True)
    grouped = text("grupo", chat="120363041234567890@g.us", participant="5511966665555@s.whatsapp.net")
    picture = text("foto", kind="image")
    server.deliver("loja", [lid_chat, mine, grouped, picture])

    async def found(**where: Any) -> set[str]:
        return set(ids(await find(http, where=where)))

    assert await found(key={"fromMe": True}) == {mine.key_id}
    assert len(await found(key={"fromMe": False})) == 4
    assert await found(key={"remoteJid": LID}) == {lid_chat.key_id}
    assert await found(key={"remoteJid": "5511955554444@s.whatsapp.net"}) == {lid_chat.key_id}
    assert await found(key={"participant": "5511966665555@s.whatsapp.net"}) == {grouped.key_id}
    assert await found(messageType="imageMessage") == {picture.key_id}
    assert await found(key={"id": mine.key_id}) == {mine.key_id}
    (record,) = (await find(http, where={"key": {"id": lid_chat.key_id}}))["records"]
    assert record["key"]["remoteJid"] == LID
    assert "status" not in record


async def test_edits_move_the_time_and_updates_are_listed(
    server: EvolutionStandIn, http: httpx.AsyncClient, text: NewText
) -> None:
    loja = server.instance("loja")
    one, other = text("antes", sent_at=NOON), text("fica", from_me=True, sent_at=NOON)
    server.deliver("loja", [one, other])
    server.whatsapp.edit(loja, one, "depois")
    server.whatsapp.status(loja, other, "DELIVERY_ACK")
    server.whatsapp.status(loja, other, "READ")
    server.whatsapp.revoke(loja, other)
    records = {item["key"]["id"]: item for item in (await find(http))["records"]}
    assert records[one.key_id]["message"] == {"conversation": "depois"}
    assert records[one.key_id]["messageTimestamp"] > NOON
    assert [item["status"] for item in records[other.key_id]["MessageUpdate"]] == [
        "DELIVERY_ACK",
        "READ",
        "EDITED",
        "DELETED",
    ]
    listed = await http.post("/chat/findStatusMessage/loja", json={"where": {"id": other.key_id}})
    assert [item["status"] for item in listed.json()][:2] == ["DELIVERY_ACK", "READ"]


@pytest.mark.parametrize("paged", [False, True])
async def test_contacts_are_a_bare_list(
    server: EvolutionStandIn, http: httpx.AsyncClient, text: NewText, paged: bool
) -> None:
    chats = [f"55119{number:08d}@s.whatsapp.net" for number in range(7)]
    server.deliver("loja", [text(chat=chat, push_name=f"P{index}") for index, chat in enumerate(chats)])
    if paged:
        found = await http.post("/chat/findContacts/loja", json={"offset": 3, "page": 3})
        assert [one["remoteJid"] for one in found.json()] == chats[6:]
    else:
        found = await http.post("/chat/findContacts/loja", json={"where": {"pushName": "P4"}})
        assert [one["remoteJid"] for one in found.json()] == [chats[4]]
