"""The page keeps its own promises: no inline code (the content policy forbids it), no missing file, id or address."""

import re
from pathlib import Path

from evosense.settings import DatabaseSettings, SecuritySettings, ServingSettings
from serving.app import create_app
from serving.spa import PLAIN_PAGE as STATIC

HTML = (STATIC / "index.html").read_text(encoding="utf-8")
SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in STATIC.glob("*.js")}
EVERYTHING = {path.name: path.read_text(encoding="utf-8") for path in STATIC.iterdir()}


def test_nothing_is_inline():
    assert re.findall(r"<script(?![^>]*\ssrc=)[^>]*>|<style|\sstyle=|\son\w+=", HTML) == []
    assert {
        name for name, text in SCRIPTS.items() if re.search(r"innerHTML|outerHTML|insertAdjacentHTML|\beval\(", text)
    } == set()


def test_every_file_that_is_named_exists():
    named = re.findall(r'(?:src|href)="/static/([^"]+)"', HTML)
    for text in SCRIPTS.values():
        named += re.findall(r'from "\./([^"]+)"', text)
    assert "app.js" in named
    assert [name for name in named if not (STATIC / name).is_file()] == []


def test_every_element_that_is_looked_up_exists():
    ids = set(re.findall(r'\bid="([^"]+)"', HTML))
    wanted = {name for text in SCRIPTS.values() for name in re.findall(r'\$\("([^"]+)"\)', text)}
    assert wanted
    assert wanted - ids == set()


def test_nothing_comes_from_elsewhere():
    for name, text in EVERYTHING.items():
        foreign = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+", text)) - {"http://www.w3.org"}
        assert (name, foreign) == (name, set())


def test_every_address_it_asks_is_one_of_the_api():
    app = create_app(
        database=DatabaseSettings.model_construct(database_url="postgresql://nowhere"),
        security=SecuritySettings(secret_key="a secret key that only tests know, 32+ chars"),
        settings=ServingSettings.model_construct(public_url=None, metrics_token=None),
    )
    known = {re.sub(r"\{\w+\}", "", path).rstrip("/") for path in app.openapi()["paths"]}
    asked: set[str] = set()
    for text in SCRIPTS.values():
        for path in re.findall(r"[\"`](/api/[^\"`?$]+)", text):
            asked.add(path.rstrip("/"))
    assert asked - known - {"/api/tenants"} == set()
    assert {"/api/messages", "/api/auth/login"} <= asked
    assert Path(STATIC / "icon.svg").is_file()
