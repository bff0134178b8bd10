"""No line tells a secret or a person, however it came into the line."""

import json
import logging
import subprocess
import sys
from typing import Any
from uuid import UUID

import pytest

from evosense import log
from tests.process_log import process_log

CPF, PHONE, TOKEN, TEXT = "529.982.247-25", "+55 11 97777-6666", "tok_9f8e7d6c5b4a3210ff", "quero cancelar tudo já"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJhcHAiOiJldm9sdXRpb24ifQ.c2lnbmF0dXJl"
CONNECTION = "01a1fc86-08a8-73c1-81d5-25a159177194"


@pytest.fixture
def lines() -> Any:
    """What was logged, as text."""
    with process_log() as told:
        yield told.getvalue


@pytest.mark.parametrize(
    "fields",
    [
        {"detail": f"cpf {CPF} fone {PHONE}"},
        {"whatever": f"cpf {CPF}, fone {PHONE}", "token": TOKEN, "text": TEXT},
        {"error": f"apikey={TOKEN} and Authorization: Bearer {JWT}"},
        {"why": f'{{"apikey":"{TOKEN}","password": "{TOKEN}"}}'},
        {"url": f"postgresql://user:{TOKEN}@host/db"},
        {"body": {"deep": [TEXT]}, "nested": {"a": [{"apikey": TOKEN}, {"b": (CPF, PHONE)}]}},
        {"items": [CPF, {PHONE}, f"Bearer {TOKEN}"]},
        {"jid": "5511977776666@s.whatsapp.net", "number": 5511977776666, "cpf": 52998224725},
        {"headers": {"apiKey": TOKEN, "Stripe-Signature": TOKEN, "Cookie": TOKEN}},
        {"caption": TEXT, "push_name": TEXT, "conversation": TEXT, "summary": TEXT, "prompt": TEXT},
    ],
)
def test_fields(fields: dict[str, Any], lines: Any) -> None:
    log.get_logger("t").info("something_happened", **fields)
    told = lines()
    for canary in (CPF, "52998224725", PHONE, "5511977776666", TOKEN, JWT, TEXT):
        assert canary not in told, told
    assert json.loads(told)["event"] == "something_happened"


def test_what_helps_stays(lines: Any) -> None:
    log.get_logger("t").info(
        "flush", connection_id=CONNECTION, tenant=UUID(CONNECTION), rows=1234567, seconds=0.25, why=None, state="live"
    )
    told = json.loads(lines())
    assert (told["connection_id"], told["tenant"]) == (CONNECTION, CONNECTION)
    assert (told["rows"], told["seconds"], told["why"], told["state"]) == (1234567, 0.25, None, "live")


def fail() -> None:
    row = f"DETAIL:  Failing row contains ({TEXT}).\n  input_value='{TEXT}', input_type=str"
    raise ValueError(f"{CPF} {PHONE} apikey: {TOKEN}\n{row}")


def test_tracebacks_and_other_libraries_loggers(lines: Any) -> None:
    try:
        fail()
    except ValueError:
        log.get_logger("t").exception("failed")
        logging.getLogger("somebody.else").exception("broken by %s", PHONE)
    told = lines()
    assert told.count("Traceback") == 2
    for canary in (CPF, PHONE, TOKEN, TEXT):
        assert canary not in told, told


def test_what_nobody_caught() -> None:
    program = f"from evosense import log; log.configure(json=True); raise RuntimeError('{CPF} token={TOKEN}')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "crashed" in done.stderr
    assert CPF not in done.stderr
    assert TOKEN not in done.stderr
