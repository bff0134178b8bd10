"""Messages over HTTP: the JSON that Postgres builds is what the contract says."""

import pytest

from serving.schemas.messages import MessagePage
from serving.schemas.search import SearchPage, SearchResults, SimilarConversations
from tests.integration.search.corpus import EMBEDDER, START, Chat


@pytest.fixture
async def chat(pipeline_pool, people):
    async with pipeline_pool.connection() as connection:
        await connection.set_autocommit(True)
        yield await Chat(connection, people["ana"].tenant_id).open()


async def test_a_page_follows_the_contract_to_the_letter(api, people, chat):
    message_id = await chat.say('Olá "mundo" \\ é ção 🙂', score=(-0.625, 21))
    await chat.say(None, direction="out")
    response = await api.client.get("/api/messages", headers=api.headers(people["alice"]))
    assert response.headers["content-type"] == "application/json"
    page = MessagePage.model_validate_json(response.content)
    assert set(response.json()["items"][0]) == set(type(page.items[0]).model_fields)
    without_text, first = page.items
    assert (without_text.text, without_text.direction, without_text.sentiment) == (None, "out", None)
    assert (first.id, first.chat_id, first.connection_id) == (message_id, chat.id, chat.connection_id)
    assert (first.text, first.sentiment, first.satisfaction) == ('Olá "mundo" \\ é ção 🙂', -0.625, 21)
    assert (first.sent_at - START).total_seconds() == 60
    assert page.next_page is None


async def test_the_list_behind_a_figure_shows_what_the_figure_counts(api, people, chat):
    await chat.say("contada", score=(0.5, 80))
    await chat.say("sem nota")
    await chat.say("em grupo", chat_kind="group")
    await chat.say("figurinha", message_type="sticker")
    await chat.say("revogada", deleted=True, score=(0.5, 80))
    await chat.say("da loja", direction="out")
    ana = people["ana"]
    day = {"from": "2026-11-20", "to": "2026-11-20"}
    figures = (
        await api.client.get(f"/api/tenants/{ana.tenant_id}/metrics", params=day, headers=api.headers(ana))
    ).json()

    async def listed(**more):
        wanted = {"direction": "in", "chat_kind": "individual", "spoken": True, **more}
        body = (await api.client.get("/api/messages", params=wanted, headers=api.headers(ana))).json()
        return [item["text"] for item in body["items"]]

    assert (figures["messages_in"], await listed()) == (2, ["sem nota", "contada"])
    assert (figures["scored"], await listed(sentiment_min=-1)) == (1, ["contada"])
    refused = await api.client.get("/api/messages?chat_kind=grupo", headers=api.headers(ana))
    assert refused.status_code == 422
    assert "group" in refused.text


async def test_search_results_follow_the_contract(api, people, chat):
    await chat.say("a entrega atrasou muito", embed=True, score=(-0.5, 30))
    response = await api.client.post(
        "/api/messages/semantic-search",
        json={"query": "atraso na entrega", "filters": {"direction": "in", "from": "2026-11-20T00:00:00Z"}},
        headers=api.headers(people["ana"]),
    )
    found = SearchResults.model_validate_json(response.content)
    assert set(response.json()["results"][0]) == set(type(found.results[0]).model_fields)
    assert found.results[0].text == "a entrega atrasou muito"
    assert (found.embedder.provider, found.embedder.model) == ("embedded", "hashed-lexical-768-1")


async def test_the_other_searches_follow_the_contract(api, people, chat, pipeline_pool):
    message_id = await chat.say("a entrega atrasou muito", embed=True)
    async with pipeline_pool.connection() as connection:
        await connection.set_autocommit(True)
        other = await Chat(connection, people["ana"].tenant_id).open()
        await other.say("minha entrega atrasou", embed=True)
    headers = api.headers(people["ana"])
    # The model that search compares by is known from the first stored vector on; these were stored by hand.
    async with pipeline_pool.connection() as connection:
        await connection.execute(
            "insert into app.embedding_space (tenant_id, config_hash) values (%s, %s)",
            (people["ana"].tenant_id, EMBEDDER.config.config_hash),
        )
    found = await api.client.get("/api/search?q=entrega&emotion=raiva&emotion=neutro", headers=headers)
    assert found.json()["items"] == []
    page = SearchPage.model_validate_json((await api.client.get("/api/search?q=entrega", headers=headers)).content)
    assert (len(page.items), page.matched, page.embedder.model) == (2, "all", "hashed-lexical-768-1")
    response = await api.client.get(f"/api/messages/{message_id}/similar", headers=headers)
    (hit,) = SearchResults.model_validate_json(response.content).results
    assert (hit.text, hit.related) == ("minha entrega atrasou", True)
    response = await api.client.get(f"/api/conversations/{chat.id}/similar", headers=headers)
    (like,) = SimilarConversations.model_validate_json(response.content).items
    assert (like.chat_id, like.messages, like.best.text) == (other.id, 1, "minha entrega atrasou")


async def test_paging_by_next_page(api, people, chat):
    for number in range(5):
        await chat.say(f"mensagem {number}")
    seen, page = [], None
    while True:
        params = {"limit": 2, "q": "mensagem"} | ({"page": page} if page else {})
        body = (await api.client.get("/api/messages", params=params, headers=api.headers(people["ana"]))).json()
        seen += [item["text"] for item in body["items"]]
        page = body["next_page"]
        if page is None:
            break
    assert seen == [f"mensagem {number}" for number in (4, 3, 2, 1, 0)]


NONSENSE = [
    "limit=0", "limit=201", "limit=x", "page=rubbish", "chat_id=1", "direction=sideways", "from=yesterday",
    "from=2026-11-20T00:00:00", "from=2026-11-20T00:00:00Z&to=2026-11-19T00:00:00Z", "sentiment_min=2",
    "sentiment_min=nan", "unknown=1", "q=" + "x" * 501, "q=a%00b",
]  # fmt: skip


async def test_a_query_that_makes_no_sense_is_explained(api, people):
    for query in NONSENSE:
        response = await api.client.get(f"/api/messages?{query}", headers=api.headers(people["ana"]))
        body = response.json()
        assert (query, response.status_code, body["code"]) == (query, 422, "invalid_input")
        assert body["request_id"] == response.headers["x-request-id"]


async def test_text_that_nothing_can_hold_is_refused(api, people):
    headers = api.headers(people["ana"]) | {"Content-Type": "application/json"}
    for wrong in ("a\\u0000b", "a\\ud800b"):
        for path, body in [
            ("/api/messages/semantic-search", f'{{"query":"{wrong}"}}'),
            ("/api/auth/login", f'{{"email":"{wrong}","password":"x"}}'),
            ("/api/auth/login", f'{{"email":"a@b.example","password":"{wrong}"}}'),
        ]:
            assert (await api.client.post(path, content=body, headers=headers)).status_code == 422
