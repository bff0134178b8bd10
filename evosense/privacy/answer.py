"""What is known about a person, as a zip of JSON and CSV: the answer to an access or export request.

Originals are opened where the plan stores them; otherwise texts are as stored, with personal data replaced by tokens.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from evosense.db.named_queries import load
from evosense.errors import ConfigurationError
from evosense.privacy.person import Person
from evosense.tenants.keys import TenantKeys

_QUERIES = load("evosense.privacy", "answer.sql")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_ABOUT = """Dados pessoais guardados sobre o titular (LGPD, art. 18).

messages.csv, messages.json  mensagens das conversas individuais com o titular e as que ele escreveu em grupos,
                             com a avaliação automática de cada uma
person.json                  nome, endereços e datas
"""


async def collect(connection: AsyncConnection[Any], keys: TenantKeys, person: Person) -> tuple[bytes, Counter[str]]:
    """The zip and the rows in it by store. One person's data fit into memory."""
    values = {"tenant_id": person.tenant_id, "identity_ids": person.identity_ids, "contact_ids": person.contact_ids}
    async with connection.cursor(row_factory=dict_row) as cursor:
        contacts = await (await cursor.execute(_QUERIES["contacts"], values)).fetchall()
        messages = await (await cursor.execute(_QUERIES["messages"], values)).fetchall()
    for message in messages:
        original = _opened(keys, "message_body", message["id"], message.pop("original_enc"))
        message["text"] = original or message["text"]
    about = {
        "addresses": sorted(person.addresses),
        "contacts": [
            {"id": row["id"], "name": _opened(keys, "contact", row["id"], row["name_enc"]), **_dates(row)}
            for row in contacts
        ],
    }
    counts = Counter({"app.message": len(messages), "app.contact": len(contacts)})
    files = {
        "LEIA-ME.txt": _ABOUT.encode(),
        "person.json": orjson.dumps(about, option=orjson.OPT_INDENT_2),
        "messages.json": orjson.dumps(messages, option=orjson.OPT_INDENT_2),
        "messages.csv": _csv(messages),
    }
    return _zip(files), counts


def _dates(row: dict[str, Any]) -> dict[str, Any]:
    return {"first_seen_at": row["first_seen_at"], "opted_out_at": row["opted_out_at"]}


def _opened(keys: TenantKeys, table: str, row_id: UUID, sealed: bytes | None) -> str | None:
    if sealed is None:
        return None
    try:
        return keys.decrypt(table, row_id, bytes(sealed)).decode()
    except ConfigurationError:
        return None


def _csv(rows: Sequence[dict[str, Any]]) -> bytes:
    buffer = io.StringIO(newline="")
    buffer.write("\ufeff")
    out = csv.writer(buffer)
    if rows:
        out.writerow(rows[0])
    for row in rows:
        # A text that a spreadsheet would run as a formula gets an apostrophe.
        out.writerow(
            f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell for cell in row.values()
        )
    return buffer.getvalue().encode()


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()
