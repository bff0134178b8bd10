"""The dashboard as a person waits for it: code, first figures, requests, accessibility.

One company with 100,000 messages in 5,000 chats over sixty days (a tenth of it in the short run), its warehouse built
by dbt, a real API process, headless Chromium, all of it and Postgres on the machine's cores; Dagster does not run. A
customer writes every second, so that no figure of today is as it was when the page before asked for it. A page counts
as interactive when the figures stand and lead somewhere.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import psycopg
from playwright.sync_api import Page, Response

from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.tenants.passwords import hash_password
from evosense.tenants.repository import add_user
from serving.spa import DASHBOARD
from tests.bench.api_world import World, world
from tests.bench.figures import Context, Figure, percentile
from tests.chromium import chromium, log_in, person, to_the_end, violations, why_not

_QUERIES = load("tests.bench", "dashboard.sql")
_MESSAGES_PER_CHAT = 20
_LOADS = 7
_ROUNDS = 4
_PERSON = {"email": "helena@aurora.example", "password": "uma frase que só o teste conhece"}
_PAGES = (
    "/?periodo=30", "/mensagens?quem=in&humor=negative", "/conversas", "/busca?q=entrega", "/temas", "/retencao",
    "/conexoes", "/experimentos", "/experimentos/prompts", "/experimentos/sombras", "/rotular", "/billing",
    "/configuracoes", "/configuracoes/horario", "/configuracoes/alertas", "/configuracoes/pessoas",
    "/configuracoes/exportacoes", "/configuracoes/privacidade", "/configuracoes/chaves", "/configuracoes/auditoria",
    "/explicar?metrica=satisfaction_mean",
)  # fmt: skip
_LISTS = ("/mensagens", "/conversas")
_SCROLL_SECONDS = 6
_SECONDS_BETWEEN = 1.0
# A frame that takes longer is seen: the list stutters.
_LONG_FRAME_MS = 50


@dataclass
class _Seen:
    """What the browser measured."""

    loads: list[float] = field(default_factory=list[float])
    requests: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    queued: list[float] = field(default_factory=list[float])
    serious: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    frames: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    rows: dict[str, int] = field(default_factory=dict[str, int])


async def run(context: Context) -> list[Figure]:
    """Figures dashboard.initial_js_kb, .interactive_s, .request_p95_ms, .long_frames and .axe_serious."""
    reason = why_not()
    if reason:
        raise RuntimeError(reason)
    chats = 5_000 if context.is_full else 500
    context.progress(f"{chats * _MESSAGES_PER_CHAT} messages in {chats} chats")
    async with world(context.folder, messages=0) as made:
        await asyncio.to_thread(_fill, made, chats)
        async with made.pool.connection() as connection:
            await add_user(
                connection,
                tenant_id=made.tenant_id,
                email=_PERSON["email"],
                name="Helena",
                role="admin",
                password_hash=hash_password(_PERSON["password"]),
            )
        with made.api() as port:
            context.progress("looking")
            with _customers(made):
                seen = await asyncio.to_thread(_look, f"http://127.0.0.1:{port}")
    return _figures(seen, chats)


def _figures(seen: _Seen, chats: int) -> list[Figure]:
    load = {"messages": chats * _MESSAGES_PER_CHAT, "chats": chats}
    times = [each for route in seen.requests.values() for each in route]
    slowest = {route: round(percentile(each, 0.95)) for route, each in seen.requests.items()}
    slowest = dict(sorted(slowest.items(), key=lambda item: -item[1])[:6])
    frames = [each for page in seen.frames.values() for each in page]
    scrolled = {"p99_ms": round(percentile(frames, 0.99), 1), "rows in the page": dict(seen.rows)}
    serious = sum(len(each) for each in seen.serious.values())
    peer = "headless Chromium on this machine, the API beside it"
    return [
        Figure("dashboard.initial_js_kb", _initial_js_kb(), "kB", "lower", 250, "gzip, what index.html loads"),
        Figure("dashboard.interactive_s", percentile(seen.loads, 0.5), "s", "lower", 1.5, peer, load),
        Figure(
            "dashboard.request_p95_ms",
            max(slowest.values()),
            "ms",
            "lower",
            300,
            "the slowest route's p95; headless Chromium on this machine, the API beside it",
            load
            | {
                "p95": slowest,
                "of_all": round(percentile(times, 0.95)),
                "queued_in_the_browser": round(percentile(seen.queued, 0.95)),
            },
        ),
        Figure(
            "dashboard.long_frames",
            sum(each > _LONG_FRAME_MS for each in frames) / max(1, len(frames)),
            "share",
            "lower",
            0.02,
            f"frames over {_LONG_FRAME_MS} ms while lists of thousands scroll",
            load | scrolled,
        ),
        Figure("dashboard.axe_serious", serious, "findings", "lower", 0, "axe-core, WCAG 2.2 AA", dict(seen.serious)),
    ]


def _initial_js_kb() -> float:
    """What the page asks for before any route: scripts and preloads of index.html, packed."""
    page = (DASHBOARD / "index.html").read_text(encoding="utf-8")
    files = set(re.findall(r'(?:src|href)="/(assets/[^"]+\.js)"', page))
    packed = [DASHBOARD / f"{name}.gz" for name in files]
    # The smallest ones are not packed.
    return sum((file if file.exists() else file.with_suffix("")).stat().st_size for file in packed) / 1000


def _fill(made: World, chats: int) -> None:
    """Messages and scores by SQL, then the warehouse by dbt."""
    connection_id = new_id()
    values: dict[str, UUID | int] = {
        "tenant_id": made.tenant_id,
        "connection_id": connection_id,
        "chats": chats,
        "messages_per_chat": _MESSAGES_PER_CHAT,
    }
    with psycopg.connect(made.database_url, autocommit=True) as owner:
        owner.execute(
            "insert into app.connection (tenant_id, id, name, server_url, instance)"
            " values (%(tenant_id)s, %(connection_id)s, 'Loja Aurora', 'http://127.0.0.1', 'loja-aurora')",
            values,
        )
        for name in ("add_chats", "add_messages", "add_bodies", "add_scores"):
            owner.execute(_QUERIES[name], values)
        owner.execute("vacuum analyze")
    environment = os.environ | {"DATABASE_URL": made.database_url, "DATABASE_DIRECT_URL": made.database_url}
    command = [sys.executable, "-m", "orchestration.warehouse", "build", "--full"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    with psycopg.connect(made.database_url, autocommit=True) as owner:
        owner.execute("vacuum analyze")


@contextmanager
def _customers(made: World) -> Generator[None]:
    """One message a second, until the block ends."""
    over = threading.Event()

    def write() -> None:
        with psycopg.connect(made.database_url, autocommit=True) as owner:
            row = owner.execute("select id from app.connection").fetchone()
            values = {"tenant_id": made.tenant_id, "connection_id": row and row[0]}
            while not over.wait(_SECONDS_BETWEEN):
                owner.execute(_QUERIES["say"], values)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _look(url: str) -> _Seen:
    seen = _Seen()

    def note(response: Response) -> None:
        route = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "{id}", response.url.split("?")[0].removeprefix(url))
        if route.startswith("/api/") and not route.startswith("/api/auth/"):
            response.finished()
            timing = response.request.timing
            seen.requests.setdefault(route, []).append(timing["responseEnd"] - timing["requestStart"])
            # Six requests travel at once; the others wait in the browser before they are sent.
            seen.queued.append(timing["requestStart"])

    with chromium() as browser:
        context = person(browser)
        page = context.new_page()
        log_in(page, url, _PERSON)
        page.locator("[data-kpi='volume'] a").wait_for()
        _load(page, url, seen)
        finished: list[Response] = []
        page.on("response", lambda response: finished.append(response))  # the driver marks what it is given
        for number in range(_ROUNDS):
            for path in _PAGES:
                _visit(page, url + path)
                if number == 0:
                    seen.serious[path] = [each["rule"] for each in violations(page)]
        for response in finished:
            note(response)
        for path in _LISTS:
            _scroll(page, url, path, seen)
        context.close()
    return seen


def _load(page: Page, url: str, seen: _Seen) -> None:
    for _ in range(_LOADS):
        started = time.perf_counter()
        page.goto(url, wait_until="commit")
        page.locator("[data-kpi='volume'] a").wait_for()
        seen.loads.append(time.perf_counter() - started)
        page.wait_for_load_state("networkidle")


def _scroll(page: Page, url: str, path: str, seen: _Seen) -> None:
    """Turn the wheel for some seconds, so that a list loads page after page, and note every frame's length."""
    _visit(page, url + path)
    page.evaluate(
        "window.frames_ = []; window.last_ = performance.now();"
        "(function next(now) { frames_.push(now - last_); last_ = now; requestAnimationFrame(next) })(last_)"
    )
    page.mouse.move(700, 500)
    until = time.perf_counter() + _SCROLL_SECONDS
    while time.perf_counter() < until:
        page.mouse.wheel(0, 400)
        page.wait_for_timeout(30)
    seen.frames[path] = page.evaluate("frames_.slice(1)")
    seen.rows[path] = page.locator("article, tbody tr").count()


def _visit(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_load_state("networkidle")
    to_the_end(page)
