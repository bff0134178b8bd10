"""The n8n scorer against a real HTTP server: payload and replies of the users' documents, and what goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

import orjson
import pytest
from aiohttp import web

from evosense.ai.n8n import N8nScorer
from evosense.ai.protocols import CallFailure, PromptMessage, ScoringAnswer, ScoringRequest
from evosense.errors import ConfigurationError
from evosense.scoring.backends import open_models
from evosense.scoring.contract import validate
from evosense.settings import AiSettings, load

REPLY = {
    "sentiment": 0.72,
    "emotion": "positivo",
    "satisfaction": 85,
    "tone": "cordial",
    "summary": "Cliente satisfeito com a resposta.",
}
REQUEST = ScoringRequest(
    "adorei", tenant_id="t-1", chat_id="c-1", prompt_hash="p1:abc", prompt=(PromptMessage("user", "avalie: adorei"),)
)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture
async def serve() -> AsyncGenerator[Callable[[Handler], Awaitable[str]]]:
    """Starts a webhook with a handler; answers its URL."""
    runners: list[web.AppRunner] = []

    async def start(handler: Handler) -> str:
        app = web.Application()
        app.router.add_post("/webhook/ai-analysis", handler)
        runner = web.AppRunner(app)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}/webhook/ai-analysis"

    yield start
    for runner in runners:
        await runner.cleanup()


def scorer(url: str, **options) -> N8nScorer:
    return N8nScorer(url, **{"timeout_seconds": 3.0, "slots": 4, **options})


async def asked(url: str, request: ScoringRequest = REQUEST, **options) -> ScoringAnswer | CallFailure:
    async with scorer(url, **options) as n8n:
        [answer] = await n8n.score([request])
        return answer


async def test_payload_and_reply_of_the_documents(serve):
    seen = {}

    async def handler(request: web.Request) -> web.Response:
        seen.update(await request.json(), header=request.headers.get("X-Evo"))
        return web.json_response({**REPLY, "model": "qwen-local"})

    answer = await asked(await serve(handler), auth=("X-Evo", "secret"))
    assert seen == {
        "tenant_id": "t-1",
        "message": "adorei",
        "context": {"chat_id": "c-1", "sender": "customer"},
        "prompt_version": "p1:abc",
        "prompt": [{"role": "user", "content": "avalie: adorei"}],
        "header": "secret",
    }
    verdict = validate(answer, message_text="adorei")
    assert verdict.status == "repaired"  # "positivo" is on the published list
    assert (verdict.score.sentiment, verdict.score.satisfaction, verdict.score.emotion) == (0.72, 85, "alegria")
    assert answer.engine_version == "qwen-local"


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        ({**REPLY, "emotion": "alegria"}, "ok"),
        ([{**REPLY, "emotion": "alegria"}], "ok"),
        ({**REPLY, "emotion": "Alegria "}, "repaired"),
        ({**REPLY, "tone": "Educado"}, "repaired"),
        ({**REPLY, "emotion": "zangadíssimo"}, "invalid"),
        ({**REPLY, "sentiment": 1.004}, "invalid"),
        ({**REPLY, "sentiment": "0.7"}, "invalid"),
        ({**REPLY, "sentiment": True}, "invalid"),
        ({**REPLY, "satisfaction": 85.5}, "invalid"),
        ([REPLY, REPLY], "invalid"),
    ],
)
async def test_replies(serve, reply, status):
    async def handler(_request: web.Request) -> web.Response:
        return web.json_response(reply)

    assert validate(await asked(await serve(handler)), message_text="adorei").status == status


@pytest.mark.parametrize("reply", [{"message": "Workflow was started"}, []])
async def test_a_workflow_that_answers_nothing_is_asked_again(serve, reply):
    async def handler(_request: web.Request) -> web.Response:
        return web.json_response(reply)

    failure = await asked(await serve(handler))
    assert (failure.error_class, failure.retryable) == ("no_answer", True)


@pytest.mark.parametrize(
    ("status", "retryable"),
    [(400, False), (403, False), (404, False), (408, True), (429, True), (500, True), (503, True)],
)
async def test_refusals(serve, status, retryable):
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(status=status, text="not JSON", headers={"Retry-After": "7"})

    failure = await asked(await serve(handler))
    assert (failure.error_class, failure.retryable) == (f"http_{status}", retryable)
    assert failure.retry_after_seconds == 7


async def test_a_redirect_is_not_followed(serve):
    async def handler(_request: web.Request) -> web.Response:
        raise web.HTTPFound("http://127.0.0.1:1/")

    assert (await asked(await serve(handler))).error_class == "http_302"


async def test_a_slow_or_absent_webhook_is_a_failure_and_no_exception(serve, unused_tcp_port_factory):
    over = asyncio.Event()

    async def handler(_request: web.Request) -> web.Response:
        await over.wait()
        return web.json_response(REPLY)

    assert (await asked(await serve(handler), timeout_seconds=0.1)).error_class == "timeout"
    over.set()
    url = f"http://127.0.0.1:{unused_tcp_port_factory()}/webhook"
    assert (await asked(url)).error_class == "unreachable"


async def test_a_cut_reply_is_a_failure(serve):
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "500"})
        await response.prepare(request)
        await response.write(b'{"sentiment":')
        request.transport.close()
        return response

    assert (await asked(await serve(handler))).error_class == "unreachable"


async def test_a_reply_in_many_small_pieces_is_read_whole(serve):
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for byte in orjson.dumps(REPLY):
            await response.write(bytes([byte]))
        return response

    assert validate(await asked(await serve(handler)), message_text="adorei").status == "repaired"


async def test_an_endless_reply_is_cut(serve):
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(40):
            await response.write(b"x" * 10_000)
        return response

    assert validate(await asked(await serve(handler)), message_text="adorei").status == "invalid"


async def test_no_more_calls_than_slots(serve):
    running, most = 0, 0

    async def handler(_request: web.Request) -> web.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return web.json_response(REPLY)

    async with scorer(await serve(handler), slots=3) as n8n:
        answers = await n8n.score([REQUEST] * 12)
    assert (len(answers), most) == (12, 3)


async def test_the_settings_choose_it(monkeypatch):
    monkeypatch.delenv("N8N_AI_WEBHOOK", raising=False)
    async with open_models(load(AiSettings)) as models:
        assert models.scorer.config.provider == "embedded"
    async with open_models(load(AiSettings, n8n_ai_webhook="http://n8n/webhook/x")) as models:
        assert models.scorer.config.provider == "n8n"
        assert "webhook/x" not in models.scorer.config.canonical.decode()
    with pytest.raises(ConfigurationError, match="N8N_AI_WEBHOOK"):
        async with open_models(load(AiSettings, n8n_ai_webhook="n8n.local")):
            pass
