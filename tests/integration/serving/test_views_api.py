"""Saved views: a person's own, in their order, on every device; nobody else's."""

VIEWS = [{"name": "Zangados", "address": "humor=negative"}, {"name": "Ana", "address": "quem=in&de=2026-11-01"}]
ADDRESS = "/api/me/views"


async def test_they_are_kept_in_order_for_each_page_and_replaced_as_a_whole(api, people):
    ana = api.headers(people["ana"])
    empty = [{"page": "messages", "views": []}, {"page": "conversations", "views": []}]
    assert (await api.client.get(ADDRESS, headers=ana)).json() == empty
    kept = await api.client.put(ADDRESS, json={"page": "conversations", "views": VIEWS}, headers=ana)
    assert (kept.status_code, kept.json()["views"]) == (200, VIEWS)
    assert (await api.client.get(ADDRESS, headers=ana)).json() == [
        {"page": "messages", "views": []},
        {"page": "conversations", "views": VIEWS},
    ]
    changed = [VIEWS[1], {"name": "Zangados", "address": "humor=negative&quem=in"}]
    await api.client.put(ADDRESS, json={"page": "conversations", "views": changed}, headers=ana)
    assert (await api.client.get(ADDRESS, headers=ana)).json()[1]["views"] == changed
    await api.client.put(ADDRESS, json={"page": "conversations", "views": changed[:1]}, headers=ana)
    assert (await api.client.get(ADDRESS, headers=ana)).json()[1]["views"] == changed[:1]


async def test_a_colleague_and_another_company_see_nothing_of_them_and_change_nothing(api, people):
    ana = api.headers(people["ana"])
    await api.client.put(ADDRESS, json={"page": "messages", "views": VIEWS}, headers=ana)
    for name, person in people.items():
        if name == "ana":
            continue
        other = api.headers(person)
        assert (await api.client.get(ADDRESS, headers=other)).json()[0]["views"] == [], name
        assert (await api.client.put(ADDRESS, json={"page": "messages", "views": []}, headers=other)).is_success
    assert (await api.client.get(ADDRESS, headers=ana)).json()[0]["views"] == VIEWS


async def test_they_go_with_the_person(api, people, admin_connection):
    ana, gone = people["ana"], people["alice"]
    await api.client.put(ADDRESS, json={"page": "messages", "views": VIEWS}, headers=api.headers(gone))
    removed = await api.client.delete(f"/api/users/{gone.user_id}", headers=api.headers(ana))
    assert removed.status_code == 204
    assert admin_connection.execute("select count(*) from app.saved_view").fetchone() == (0,)


async def test_what_can_not_be_kept_is_refused(api, people):
    ana = api.headers(people["ana"])
    for page, views in (
        ("overview", []),
        ("messages", [VIEWS[0], VIEWS[0]]),
        ("messages", [{"name": "", "address": ""}]),
        ("messages", [{"name": "x", "address": "a" * 1001}]),
        ("messages", [{"name": str(number), "address": ""} for number in range(13)]),
    ):
        refused = await api.client.put(ADDRESS, json={"page": page, "views": views}, headers=ana)
        assert refused.status_code == 422
