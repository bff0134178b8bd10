"""An API process on a database with two companies, for tests that send it what nobody would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import jwt

from evosense.tenants.access_tokens import AccessTokens
from tests.integration.serving.conftest import SECRET_KEY, Person

ROOT = Path(__file__).resolve().parents[2]
SECRET_TEXT = "frase exata da outra empresa jabuticaba"


@dataclass(frozen=True)
class FuzzedApi:
    """Its address, its people by name, and what it wrote."""

    url: str
    port: int
    people: dict[str, Person]
    log: Path
    process: subprocess.Popen[bytes]
    tokens: AccessTokens

    def token(self, name: str, *, now: float | None = None) -> str:
        person = self.people[name]
        return self.tokens.issue(user_id=person.user_id, tenant_id=person.tenant_id, role=person.role, now=now)

    def headers(self, name: str) -> dict[str, str]:
        """For `nobody` there are none."""
        return {"Authorization": f"Bearer {self.token(name)}"} if name in self.people else {}

    def forged(self, name: str) -> Iterator[str]:
        """Tokens that look right and are not ours: other keys, algorithms, audiences, edited claims."""
        good = self.token(name)
        header, claims = jwt.get_unverified_header(good), jwt.decode(good, options={"verify_signature": False})
        head, body, signature = good.split(".")
        other = claims | {"tenant": str(self.people["bia"].tenant_id)}
        yield jwt.encode(claims, "another key of 32 bytes or even more", "HS256", headers={"kid": header["kid"]})
        yield jwt.encode(claims, "another key of 32 bytes or even more", "HS256", headers={"kid": "x"})
        yield jwt.encode(claims, None, "none", headers={"kid": header["kid"]})
        yield ".".join((head, jwt.encode(other, "x" * 32, "HS256").split(".")[1], signature))
        yield f"{head}.{body}."
        yield f"{head}.{body}"
        yield good[:-2]
        yield good[::-1]
        yield self.token(name, now=time.time() - 601)
        yield self.token(name, now=time.time() + 86_400)[:-1]


@contextmanager
def fuzzed_api(folder: Path, database_url: str, people: dict[str, Person], **settings: str) -> Iterator[FuzzedApi]:
    """Start it without rate limits, so that calls reach what they are meant for."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": database_url,
        "SECRET_KEY": SECRET_KEY,
        "API_PORT": "0",
        "API_RATE_PER_MINUTE": "0",
        **settings,
    }
    log = folder / "api.log"
    with log.open("wb") as stderr:
        process = subprocess.Popen([sys.executable, "-m", "serving"], cwd=folder, env=environment, stderr=stderr)
    try:
        port = _port(log, process)
        yield FuzzedApi(f"http://127.0.0.1:{port}", port, people, log, process, AccessTokens(SECRET_KEY))
    finally:
        process.terminate()
        process.wait(120)


def _port(log: Path, process: subprocess.Popen[bytes]) -> int:
    while process.poll() is None:
        for line in log.read_text().splitlines():
            if '"api_listening"' in line:
                return int(json.loads(line)["port"])
        time.sleep(0.05)
    raise AssertionError(log.read_text()[-2000:])
