"""The dashboard as a person waits for it: code, first figures, requests, accessibility.

One company with 100,000 messages in 5,000 chats over sixty days (a tenth of it in the short run), scored and embedded,
its warehouse built by dbt, a real API process, headless Chromium, all of it and Postgres on the machine's cores.
Dagster does not run. A customer writes twice a second, so that no figure of today is as it was when the page before
asked for it. A page counts as interactive when the figures stand and lead somewhere.

Every page is opened from scratch, again and again until each route that it asks for has been timed twenty times. A
route's p95 is that of all its answers, by linear interpolation between the two next to it; how many there were is told.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import psycopg
from playwright.sync_api import Page

from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.tenants.passwords import hash_password
from evosense.tenants.repository import add_user
from serving.spa import DASHBOARD
from tests.bench.api_world import World, world
from tests.bench.browser_traffic import Answer, Traffic
from tests.bench.figures import Context, Figure, percentile
from tests.chromium import chromium, log_in, person, violations, why_not

_QUERIES = load("tests.bench", "dashboard.sql")
_MESSAGES_PER_CHAT = 20
_LOADS = 7
# Of each route; and the longest time for all of them.
_ENOUGH, _LOOK_SECONDS = 20, 240
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
_SECONDS_BETWEEN = 0.5
# A frame that takes longer is seen: the list stutters.
_LONG_FRAME_MS = 50


@dataclass
class _Seen:
    """What the browser measured."""

    loads: list[float] = field(default_factory=list[float])
    answers: list[Answer] = field(default_factory=list[Answer])
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
    times: dict[str, list[float]] = defaultdict(list)
    for answer in seen.answers:
        times[answer.route].append(answer.took_ms)
    p95 = {route: percentile(each, 0.95) for route, each in times.items()}
    slowest = sorted(p95, key=lambda route: -p95[route])
    frames = [each for page in seen.frames.values() for each in page]
    scrolled = {"p99_ms": round(percentile(frames, 0.99), 1), "rows in the page": dict(seen.rows)}
    serious = sum(len(each) for each in seen.serious.values())
    peer = "headless Chromium on this machine, the API beside it"
    return [
        Figure("dashboard.initial_js_kb", _initial_js_kb(), "kB", "lower", 250, "gzip, what index.html loads"),
        Figure("dashboard.interactive_s", percentile(seen.loads, 0.5), "s", "lower", 1.5, peer, load),
        Figure(
            "dashboard.request_p95_ms",
            p95[slowest[0]],
            "ms",
            "lower",
            300,
            "the slowest route's p95; headless Chromium on this machine, the API beside it",
            load
            | {
                "p95": {route: round(p95[route]) for route in slowest},
                "n": {route: len(times[route]) for route in slowest},
                "of_all": round(percentile([answer.took_ms for answer in seen.answers], 0.95)),
                "queued_in_the_browser": round(percentile([answer.queued_ms for answer in seen.answers], 0.95)),
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
        for name in ("add_chats", "add_messages", "add_bodies", "add_scores", "add_answers", "add_vectors"):
            owner.execute(_QUERIES[name], values)
        owner.execute("vacuum analyze")
    environment = os.environ | {"DATABASE_URL": made.database_url, "DATABASE_DIRECT_URL": made.database_url}
    command = [sys.executable, "-m", "orchestration.warehouse", "build", "--full"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    with psycopg.connect(made.database_url, autocommit=True) as owner:
        owner.execute("vacuum analyze")


@contextmanager
def _customers(made: World) -> Generator[None]:
    """Two messages a second, until the block ends."""
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
    with chromium() as browser:
        context = person(browser)
        page = context.new_page()
        log_in(page, url, _PERSON)
        page.locator("[data-kpi='volume'] a").wait_for()
        _load(page, url, seen)
        traffic = Traffic(page)
        asks: dict[str, set[str]] = {}
        for path in _PAGES:
            asks[path] = _visit(page, url + path, traffic)
            seen.serious[path] = [each["rule"] for each in violations(page)]
        _visit_until_enough(page, url, traffic, asks)
        seen.answers = traffic.answers()
        for path in _LISTS:
            _scroll(page, url, path, traffic, seen)
        context.close()
    return seen


def _visit_until_enough(page: Page, url: str, traffic: Traffic, asks: dict[str, set[str]]) -> None:
    """Round after round, the pages that ask for a route (as `asks` has it) that was not timed often enough."""
    until = time.monotonic() + _LOOK_SECONDS
    times = Counter(traffic.routes())
    while rare := [path for path, routes in asks.items() if any(times[route] < _ENOUGH for route in routes)]:
        for path in rare:
            if time.monotonic() > until:
                return
            _visit(page, url + path, traffic)
        times = Counter(traffic.routes())


def _load(page: Page, url: str, seen: _Seen) -> None:
    for _ in range(_LOADS):
        started = time.perf_counter()
        page.goto(url, wait_until="commit")
        page.locator("[data-kpi='volume'] a").wait_for()
        seen.loads.append(time.perf_counter() - started)
        page.wait_for_load_state("networkidle")


def _scroll(page: Page, url: str, path: str, traffic: Traffic, seen: _Seen) -> None:
    """Turn the wheel for some seconds, so that a list loads page after page, and note every frame's length."""
    _visit(page, url + path, traffic)
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


def _visit(page: Page, address: str, traffic: Traffic) -> set[str]:
    """Open a page from scratch and look down to its end; answers the routes that it asked for."""
    known = len(traffic.routes())
    page.goto(address)
    page.get_by_role("heading", level=1).wait_for()
    traffic.settle()
    # What is further down is only asked for when somebody comes near it.
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    traffic.settle()
    return set(traffic.routes(known))
