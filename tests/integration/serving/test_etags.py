"""Figures are told once: who has them gets 304. Words are kept by no browser. Nobody overwrites what they never saw."""

from __future__ import annotations

import pytest

from tests.integration.search.corpus import Chat

DAYS = "?from=2026-11-19&to=2026-11-21"


@pytest.mark.parametrize("what", ["/metrics", f"/kpis{DAYS}", f"/series{DAYS}&metric=messages_in", f"/heatmap{DAYS}"])
async def test_figures_are_told_again_only_when_they_changed(api, people, pipeline_pool, what):
    ana = people["ana"]
    address, headers = f"/api/tenants/{ana.tenant_id}{what}", api.headers(ana)
    first = await api.client.get(address, headers=headers)
    assert (first.status_code, first.headers["cache-control"]) == (200, "private, no-cache")
    known = headers | {"If-None-Match": f'"other", {first.headers["etag"]}'}
    same = await api.client.get(address, headers=known)
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", first.headers["etag"])
    async with pipeline_pool.connection() as connection:
        chat = await Chat(connection, ana.tenant_id).open()
        await chat.say("oi", score=(0.5, 80))
        # As who writes does: marts are read for days without a mark, and what was read is kept until the next one.
        await connection.execute(
            "insert into app.dirty (tenant_id, chat_identity_id, local_day, cause) "
            "values (%s, %s, '2026-11-20', 'message')",
            (ana.tenant_id, chat.identity_id),
        )
    changed = await api.client.get(address, headers=known)
    assert (changed.status_code, changed.headers["etag"] != first.headers["etag"]) == (200, True)
    refused = await api.client.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert (refused.status_code, "etag" in refused.headers) == (401, False)


async def test_words_are_kept_by_no_browser(api, people):
    for address in ("/api/messages", "/api/conversations", "/api/search?q=oi", "/api/me"):
        answer = await api.client.get(address, headers=api.headers(people["ana"]))
        assert (answer.status_code, answer.headers["cache-control"], "etag" in answer.headers) == (
            200,
            "no-store",
            False,
        )


async def test_two_who_change_the_calendar_do_not_overwrite_one_another(api, people):
    ana = people["ana"]
    address, headers = f"/api/tenants/{ana.tenant_id}/business-hours", api.headers(ana)
    seen = await api.client.get(address, headers=headers)
    mine = headers | {"If-Match": seen.headers["etag"]}
    monday = {"openings": [{"weekday": 1, "opens": "09:00", "closes": "18:00"}]}
    assert (await api.client.put(address, json=monday, headers=mine)).status_code == 200
    late = await api.client.put(address, json={"openings": []}, headers=mine)
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert len((await api.client.get(address, headers=headers)).json()["openings"]) == 1
    assert (await api.client.put(address, json={"openings": []}, headers=headers)).status_code == 200
