"""Lists that are plain arrays, page by page: everything once, in order, whatever comes meanwhile."""

from __future__ import annotations

import pytest

from tests.integration.serving.things import Things

LISTS = {
    "/api/exports": "export_id",
    "/api/privacy/requests": "request_id",
    "/api/prompts/proposals": "proposal_id",
    "/api/experiments": "run_id",
    "/api/experiments/reports": "report_hash",
    "/api/backfills": "backfill_id",
}


async def pages_of(api, person, address: str) -> list[list[str]]:
    """The ids of each page, following the Link header."""
    found = []
    while address:
        answer = await api.client.get(address, headers=api.headers(person))
        assert answer.status_code == 200, answer.text
        found.append([one.get("id") or one["report_hash"] for one in answer.json()])
        link = answer.headers.get("link", "")
        assert not link or link.endswith('>; rel="next"')
        address = link.removeprefix("<").removesuffix('>; rel="next"')
    return found


@pytest.mark.parametrize("address", LISTS)
async def test_every_row_is_on_one_page(api, people, pipeline_pool, master_key, address):
    ana, bia = people["ana"], people["bia"]
    things = Things(pipeline_pool, master_key, bia, {})
    made = [await things.make(LISTS[address], ana) for _ in range(5)]
    await things.make(LISTS[address], bia)
    [whole] = await pages_of(api, ana, address)
    assert sorted(whole) == sorted(made)
    assert await pages_of(api, ana, f"{address}?limit=2") == [whole[:2], whole[2:4], whole[4:]]
    assert await pages_of(api, ana, f"{address}?limit=5") == [whole]
    # Of another company, a place says nothing.
    [foreign] = await pages_of(api, bia, address)
    crossed = await pages_of(api, ana, f"{address}?page={foreign[0]}")
    assert set(crossed[0]) <= set(whole)


async def test_open_requests_stay_on_top_of_all_pages(api, people, pipeline_pool, master_key):
    things = Things(pipeline_pool, master_key, people["bia"], {})
    kinds = ("answered", "request_id", "erased", "request_id", "answered")
    made = [await things.make(kind, people["ana"]) for kind in kinds]
    expected = [made[1], made[3], made[4], made[2], made[0]]
    assert await pages_of(api, people["ana"], "/api/privacy/requests?limit=2") == [
        expected[:2],
        expected[2:4],
        expected[4:],
    ]


async def test_moves_of_channels_in_pages(api, people):
    ana = api.headers(people["ana"])
    for number in range(4):
        body = {"messages": [{"role": "user", "content": f"{{text}} {number}"}]}
        made = (await api.client.post("/api/prompts", json=body, headers=ana)).json()["prompt_hash"]
        move = {"version": made, "channel": "staging", "reason": str(number)}
        assert (await api.client.post("/api/prompts/move", json=move, headers=ana)).status_code == 200
    first = await api.client.get("/api/prompts/events?limit=3&name=sentiment", headers=ana)
    address = first.headers["link"].removeprefix("<").removesuffix('>; rel="next"')
    assert "name=sentiment" in address
    second = await api.client.get(address, headers=ana)
    assert [one["reason"] for one in [*first.json(), *second.json()]] == ["3", "2", "1", "0"]
    assert "link" not in second.headers
