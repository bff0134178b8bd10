"""One demo with its real processes for all tests of the dashboard, and a browser of its own for each test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.chromium import Complaints, chromium, person, scoring, why_not
from tests.running_demo import RunningDemo, running_demo
from tests.running_stripe import RunningStripe, running_stripe


@pytest.fixture(scope="session")
def stripe() -> Iterator[RunningStripe]:
    """The stand-in for Stripe that the demo asks."""
    with running_stripe() as running, pytest.MonkeyPatch.context() as patch:
        for name, value in running.settings.items():
            patch.setenv(name, value)
        yield running


@pytest.fixture(scope="session")
def demo(stripe: RunningStripe) -> Iterator[RunningDemo]:
    """The demo without Dagster's 15 CPU seconds of imports: `evosense score --loop` runs the same drain."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="evosense-dashboard-"))
    try:
        with running_demo(folder, "--no-dagster", "--rate", "0", "--history-days", "4") as running, scoring(running):
            stripe.tell(running)
            running.wait_for("select count(*) from app.message_score", at_least=50)
            running.wait_for("select 1 - least(1, count(*)) from app.ai_task where kind = 'score'")
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def browser(demo: RunningDemo) -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def page(browser: Browser, complaints: Complaints) -> Iterator[Page]:
    """A page of somebody who is not logged in; whatever the browser complains about fails the test."""
    context = person(browser)
    context.set_default_timeout(20_000)
    page = context.new_page()
    complaints.watch(page)
    yield page
    context.close()
    assert complaints.all == []
