"""Which address gets the dashboard, a file of it, the plain page, or nothing."""

from __future__ import annotations

import gzip

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from serving.spa import Pages

PERSON = {"Accept": "text/html,application/xhtml+xml", "Accept-Encoding": "identity"}


@pytest.fixture
def built(tmp_path):
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>dashboard</title>")
    (folder / "theme.js").write_text("theme")
    (folder / "assets" / "index-1.js").write_text("script")
    (folder / "assets" / "index-1.js.gz").write_bytes(gzip.compress(b"script"))
    (folder / "assets" / "index-1.js.map").write_text("{}")
    return folder


@pytest.fixture
def plain(tmp_path):
    folder = tmp_path / "static"
    folder.mkdir()
    (folder / "index.html").write_text("<title>plain</title> make dashboard")
    return folder


@pytest.fixture
def client(built, plain):
    return TestClient(Starlette(routes=[Mount("/", Pages(built, plain))]))


@pytest.mark.parametrize("path", ["/", "/index.html", "/mensagens", "/conversas/1/2?x=1"])
def test_every_address_of_a_person_is_the_page_and_is_asked_for_again(client, path):
    answer = client.get(path, headers=PERSON)
    assert (answer.status_code, answer.text) == (200, "<title>dashboard</title>")
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/none",
        "/ws/none",
        "/static/none.js",
        "/assets/none.js",
        "/assets/index-1.js.map",
        "/%00",
        "/..%2f..%2fx",
    ],
)
def test_programs_are_told_that_there_is_nothing(client, path):
    assert client.get(path, headers={**PERSON, "Accept": "*/*"}).status_code == 404


def test_a_missing_script_is_never_answered_with_the_page(client):
    assert client.get("/assets/none.js", headers=PERSON).status_code == 404
    assert client.get("/api/none", headers=PERSON).status_code == 404


def test_files_with_a_hash_are_kept_for_ever_and_sent_packed(client):
    packed = client.get("/assets/index-1.js", headers={"Accept-Encoding": "gzip"})
    assert packed.text == "script"
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["content-type"].startswith("text/javascript")
    assert packed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert packed.headers["vary"] == "Accept-Encoding"
    loose = client.get("/assets/index-1.js", headers={"Accept-Encoding": "identity"})
    assert (loose.text, "content-encoding" in loose.headers) == ("script", False)
    again = client.get(
        "/assets/index-1.js", headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["etag"]}
    )
    assert again.status_code == 304
    assert client.get("/theme.js").headers["cache-control"] == "no-cache"


def test_without_a_build_the_plain_page_says_what_to_do_and_a_build_is_picked_up(built, plain):
    away = built.rename(built.with_name("away"))
    client = TestClient(Starlette(routes=[Mount("/", Pages(built, plain))]))
    assert "make dashboard" in client.get("/", headers=PERSON).text
    assert client.get("/mensagens", headers=PERSON).status_code == 404
    away.rename(built)
    assert "<title>dashboard" in client.get("/", headers=PERSON).text
