"""The committed OpenAPI document, from which the dashboard's client is generated, is the API's own."""

from __future__ import annotations

from pathlib import Path

from serving.openapi import document

FILE = Path(__file__).resolve().parents[2] / "serving" / "dashboard" / "openapi.json"


def test_the_committed_document_is_current():
    assert FILE.read_text(encoding="utf-8") == document(), "make client"
