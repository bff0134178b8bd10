"""What a page in Chromium asked for, as its network stack timed it, and whether it still waits for something."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from playwright.sync_api import Page, Request, Response

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_QUIET_SECONDS = 0.15
_MOST_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its route, the milliseconds from the request being sent to its last byte, and those before."""

    route: str
    took_ms: float
    queued_ms: float


class Traffic:
    """The requests of one page from now on."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._answers: list[tuple[str, Response]] = []
        self._under_way: set[Request] = set()
        # The driver marks what it is given, which a built-in method does not allow.
        page.on("request", lambda request: self._under_way.add(request))
        page.on("requestfinished", lambda request: self._under_way.discard(request))
        page.on("requestfailed", lambda request: self._under_way.discard(request))
        page.on("response", self._note)

    def settle(self) -> None:
        """Wait until nothing has been under way for a moment."""
        until, quiet_since = time.monotonic() + _MOST_SECONDS, time.monotonic()
        while time.monotonic() - quiet_since < _QUIET_SECONDS:
            if time.monotonic() > until:
                message = f"the page still waits for {[_route(each.url) for each in self._under_way]}"
                raise RuntimeError(message)
            self._page.wait_for_timeout(20)
            if self._under_way:
                quiet_since = time.monotonic()

    def routes(self, since: int = 0) -> list[str]:
        """The routes of the API that were asked for, those of sessions left out; one for each answer."""
        return [route for route, _ in self._answers[since:]]

    def answers(self) -> list[Answer]:
        """How long each answer took. Asks the driver about each of them, so it is for afterwards."""
        found: list[Answer] = []
        for route, response in self._answers:
            response.finished()
            timing = response.request.timing
            # Six requests travel at once; the others wait in the browser before they are sent.
            found.append(Answer(route, timing["responseEnd"] - timing["requestStart"], timing["requestStart"]))
        return found

    def _note(self, response: Response) -> None:
        route = _route(response.url)
        if route.startswith("/api/") and not route.startswith("/api/auth/"):
            self._answers.append((route, response))


def _route(url: str) -> str:
    return _ID.sub("{id}", "/" + url.split("?")[0].split("/", 3)[3])
