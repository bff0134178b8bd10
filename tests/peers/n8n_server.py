"""n8n itself, from npm, with one workflow: webhook with header auth, a code node that judges, and the answer.

Installing takes about ten minutes and 1.6 GB in the cache folder. Needs Node 20 to 24, which `make setup` brings.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from evosense.stack.ports import choose
from tests.peers.cache import FOLDER, fresh, run

RELEASE = "1.123.0"
_NAME = f"n8n-{RELEASE}"
# SheetJS left the npm registry; this is its last release there.
_PACKAGE = {"private": True, "dependencies": {"n8n": RELEASE}, "overrides": {"xlsx": "0.18.5"}}
_PATIENCE_SECONDS = 180.0
HEADER, SECRET = "X-EvoSense-Key", "only the tests know it"
_JUDGE = """
const body = $input.first().json.body;
const sad = /nao|não|péssimo|atras/i.test(body.message);
return [{json: {
  sentiment: sad ? -0.72 : 0.72, emotion: sad ? 'negativo' : 'positivo', satisfaction: sad ? 15 : 85,
  tone: 'cordial', summary: 'Cliente escreve à empresa.', model: 'n8n-code', seen: Object.keys(body).sort().join(','),
}}];
"""


@dataclass(frozen=True)
class N8n:
    """The addresses of the workflow's webhook and of the server."""

    url: str
    webhook: str


def installed() -> Path:
    """The folder with n8n's node_modules, installed unless it is there."""
    folder = Path(FOLDER).resolve() / _NAME
    if not folder.is_dir():
        with fresh(_NAME) as work:
            (work / "package.json").write_text(json.dumps(_PACKAGE))
            npm = Path(sys.executable).with_name("npm")
            run((npm, "install", "--no-audit", "--no-fund", "--omit=dev"), cwd=work, env=_environment())
    return folder


def _environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **more}


@contextmanager
def n8n_server(home: Path) -> Generator[N8n]:
    """A running n8n with the workflow active; its data is in `home`."""
    port = choose(0)
    settings = {
        "N8N_USER_FOLDER": str(home), "N8N_PORT": str(port), "N8N_LISTEN_ADDRESS": "127.0.0.1",
        "N8N_DIAGNOSTICS_ENABLED": "false", "N8N_VERSION_NOTIFICATIONS_ENABLED": "false",
        "N8N_TEMPLATES_ENABLED": "false", "N8N_RUNNERS_ENABLED": "false", "N8N_ENCRYPTION_KEY": "tests" * 8,
        "N8N_RUNNERS_BROKER_PORT": str(choose(0)), "DB_TYPE": "sqlite",
        "N8N_SECURE_COOKIE": "false",
    }  # fmt: skip
    environment = _environment(**settings)
    program = installed() / "node_modules" / ".bin" / "n8n"
    with (
        (home / "n8n.log").open("wb") as log,
        subprocess.Popen(
            [program, "start"], cwd=home, env=environment, stdout=log, stderr=log, start_new_session=True
        ) as process,
    ):
        here = N8n(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port}/webhook/ai-analysis")
        try:
            # While it starts it answers 200 to everything.
            _wait(f"{here.url}/rest/login", httpx.codes.UNAUTHORIZED, process, home / "n8n.log")
            _activate_workflow(here.url)
            _wait(here.webhook, httpx.codes.FORBIDDEN, process, home / "n8n.log")  # as it refuses who has no key
            yield here
        finally:
            os.killpg(process.pid, signal.SIGTERM)  # Node from PyPI is a child of its launcher
            process.wait(60)


def _wait(address: str, answer: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until the address answers so: a webhook to posts, everything else to gets."""
    method = "POST" if "/webhook/" in address else "GET"
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.request(method, address).status_code == answer:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.5)
    raise AssertionError(log.read_text(errors="replace")[-3000:])


def _activate_workflow(url: str) -> None:
    """What a person does in the browser: become the owner, add the key and the workflow, switch it on.

    The command line's import can't do it: it stores no version, and only a version can be active.
    """
    owner = {"email": "ana@example.com", "firstName": "Ana", "lastName": "Teste", "password": "Only4Tests"}
    with httpx.Client(base_url=f"{url}/rest", timeout=60) as client:

        def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
            answer = client.post(path, json=body)
            assert answer.is_success, f"{path}: {answer.status_code} {answer.text[:500]}"
            return answer.json()["data"]

        post("/owner/setup", owner)
        key = {"name": "EvoSense", "type": "httpHeaderAuth", "data": {"name": HEADER, "value": SECRET}}
        workflow = post("/workflows", _workflow(post("/credentials", key)["id"]))
        post(f"/workflows/{workflow['id']}/activate", {"versionId": workflow["versionId"]})


def _workflow(credential_id: str) -> dict[str, Any]:
    webhook = {
        "id": "1", "name": "Webhook", "type": "n8n-nodes-base.webhook", "typeVersion": 2, "position": [0, 0],
        "webhookId": "evosense-ai-analysis",
        "parameters": {
            "httpMethod": "POST", "path": "ai-analysis", "authentication": "headerAuth",
            "responseMode": "responseNode", "options": {},
        },
        "credentials": {"httpHeaderAuth": {"id": credential_id, "name": "EvoSense"}},
    }  # fmt: skip
    code = {
        "id": "2", "name": "Code", "type": "n8n-nodes-base.code", "typeVersion": 2, "position": [200, 0],
        "parameters": {"jsCode": _JUDGE},
    }  # fmt: skip
    answer = {
        "id": "3", "name": "Respond", "type": "n8n-nodes-base.respondToWebhook", "typeVersion": 1.1,
        "position": [400, 0],
        "parameters": {"respondWith": "json", "responseBody": "={{ JSON.stringify($json) }}", "options": {}},
    }  # fmt: skip
    connections = {
        "Webhook": {"main": [[{"node": "Code", "type": "main", "index": 0}]]},
        "Code": {"main": [[{"node": "Respond", "type": "main", "index": 0}]]},
    }
    return {
        "name": "EvoSense", "active": False, "nodes": [webhook, code, answer],
        "connections": connections, "settings": {"executionOrder": "v1"},
    }  # fmt: skip
