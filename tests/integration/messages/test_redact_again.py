"""Stored texts under the rules of today: with and without originals, edits, interrupted runs, and what follows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from evosense.db.database import AsyncPool
from evosense.messages.inbox import Inbox
from evosense.messages.models import Recipient
from evosense.messages.redact_again import redact_again
from evosense.redaction import VERSION, redact
from evosense.tenants.keyring import Keyring
from evosense.tenants.keys import MasterKey
from tests.conftest import SECRET_KEY
from tests.integration.messages.conftest import MARCOS, MakeRecipient, hear, text_message
from tests.integration.messages.test_commands import evosense

Picture = Callable[[], dict[str, list[Any]]]
_CPF, _OTHER = "529.982.247-25", "111.444.777-35"


@pytest.fixture
def keyring(master_key: MasterKey) -> Keyring:
    return Keyring(master_key)


def edit(message_id: str, text: str, at: int) -> dict[str, Any]:
    return {
        "key": {"remoteJid": MARCOS, "fromMe": False, "id": message_id},
        "type": "MESSAGE_EDIT",
        "editedMessage": {"conversation": text},
        "timestampMs": str(at * 1000),
    }


def dies_at(text: str) -> Callable[..., Any]:
    """Redaction in a process that is lost at one text."""

    def dying(source: str, key: bytes, chat: bytes) -> Any:
        if source == text:
            raise MemoryError
        return redact(source, key, chat)

    return dying


async def say(inbox: Inbox, recipient: Recipient) -> None:
    """A text with personal data, one with more of it, one without, and one that was edited twice."""
    texts = {"A": f"meu cpf {_CPF}", "B": f"cpf {_CPF} e {_OTHER}", "C": "bom dia", "D": "oi"}
    await inbox.store([hear(recipient, "messages.upsert", text_message(name, text)) for name, text in texts.items()])
    for second, text in enumerate(("agora", f"agora cpf {_CPF}")):
        await inbox.store([hear(recipient, "messages.edited", edit("D", text, 1795216300 + second))])


def unlearn(connection: psycopg.Connection, tenant: UUID, *, keep_originals: bool) -> None:
    """Make the state that rules without CPFs would have left; nothing waits, nothing is dirty."""
    with connection.transaction():
        token = connection.execute("select substring(text from '<CPF:....>') from app.message_body").fetchall()
        assert any(row[0] for row in token)
        for table, place in (("app.message_body", "message_id"), ("app.message_event", "id")):
            connection.execute(
                f"update {table} as t set text = regexp_replace(text, '<CPF:....>', '{_CPF}')"
                f"{'' if keep_originals else ', original_enc = null'} where tenant_id = %s and {place} is not null",
                [tenant],
            )
        connection.execute("update app.message_body set redaction_version = 1")
        connection.execute("delete from app.ai_task")
        connection.execute("delete from app.dirty")


@pytest.mark.parametrize("keep_originals", [True, False])
async def test_what_is_stored_reads_as_if_it_had_come_today(
    inbox: Inbox,
    recipient: Recipient,
    pipeline_pool: AsyncPool,
    admin_connection: psycopg.Connection,
    keyring: Keyring,
    picture: Picture,
    *,
    keep_originals: bool,
) -> None:
    await say(inbox, recipient)
    right = picture()
    unlearn(admin_connection, recipient.tenant_id, keep_originals=keep_originals)
    assert picture()["messages"] != right["messages"]
    done = await redact_again(pipeline_pool, keyring)
    assert done == {"looked_at": 4, "changed": 3}
    now = picture()
    for part in ("messages", "changes", "identities", "links", "contacts", "origins", "raw"):
        assert now[part] == right[part], part
    assert [(row[0], row[1]) for row in now["tasks"]] == [("A", "embed"), ("B", "embed"), ("D", "embed")]
    assert now["dirty"] == right["dirty"]
    versions = admin_connection.execute("select distinct redaction_version from app.message_body").fetchall()
    assert versions == [(VERSION,)]
    assert await redact_again(pipeline_pool, keyring) == {"looked_at": 0, "changed": 0}
    assert picture() == now


async def test_originals_are_still_those_that_were_written(
    inbox: Inbox, recipient: Recipient, pipeline_pool: AsyncPool, admin_connection: psycopg.Connection, keyring: Keyring
) -> None:
    await say(inbox, recipient)
    unlearn(admin_connection, recipient.tenant_id, keep_originals=False)
    await redact_again(pipeline_pool, keyring)
    kept = admin_connection.execute(
        "select b.message_id, b.original_enc from app.message_body as b inner join app.message as m"
        " on m.id = b.message_id where m.external_id = 'A'"
    ).fetchall()
    opened = [recipient.keys.decrypt("message_body", row[0], bytes(row[1])).decode() for row in kept]
    assert opened == [f"meu cpf {_CPF}"]


async def test_an_interrupted_run_goes_on_and_other_companies_stay_as_they_are(
    inbox: Inbox,
    recipient: Recipient,
    make_recipient: MakeRecipient,
    other_tenant_id: UUID,
    pipeline_pool: AsyncPool,
    admin_connection: psycopg.Connection,
    keyring: Keyring,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await say(inbox, recipient)
    other = await make_recipient(other_tenant_id)
    await inbox.store([hear(other, "messages.upsert", text_message("A", f"cpf {_CPF}"))])
    unlearn(admin_connection, recipient.tenant_id, keep_originals=True)
    monkeypatch.setattr("evosense.messages.redact_again._PAGE", 1)
    with monkeypatch.context() as dying:
        dying.setattr("evosense.messages.redact_again.redact", dies_at(f"cpf {_CPF} e {_OTHER}"))
        with pytest.raises(MemoryError):
            await redact_again(pipeline_pool, keyring, recipient.tenant_id)
    assert await redact_again(pipeline_pool, keyring, recipient.tenant_id) == {"looked_at": 3, "changed": 2}
    assert await redact_again(pipeline_pool, keyring, other_tenant_id) == {"looked_at": 1, "changed": 0}


async def test_an_operator_runs_it(
    inbox: Inbox, recipient: Recipient, admin_connection: psycopg.Connection, database_url: str, tmp_path: Path
) -> None:
    await say(inbox, recipient)
    unlearn(admin_connection, recipient.tenant_id, keep_originals=True)
    command = ("privacy", "redact-stored", "--tenant", str(recipient.tenant_id))
    told = await evosense(database_url, *command, folder=tmp_path, SECRET_KEY=SECRET_KEY)
    assert told == (0, "texts of former rules 4  changed 3\n")
    told = await evosense(database_url, *command, folder=tmp_path, SECRET_KEY=SECRET_KEY)
    assert told == (0, "texts of former rules 0  changed 0\n")


async def test_an_original_whose_key_is_gone_costs_nothing_else(
    inbox: Inbox, recipient: Recipient, pipeline_pool: AsyncPool, admin_connection: psycopg.Connection, keyring: Keyring
) -> None:
    await say(inbox, recipient)
    unlearn(admin_connection, recipient.tenant_id, keep_originals=True)
    lost = b"\x00\x63" + bytes(40)
    admin_connection.execute("update app.message_body set original_enc = %s where original_enc is not null", [lost])
    assert await redact_again(pipeline_pool, keyring) == {"looked_at": 4, "changed": 3}
    rows = admin_connection.execute("select text, original_enc from app.message_body").fetchall()
    assert not [text for text, _ in rows if _CPF in text]
    assert [bytes(original) for _, original in rows if original] == [lost] * 2
