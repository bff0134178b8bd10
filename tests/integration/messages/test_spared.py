"""What an inbox does not do again, and what it does all the same."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg

from evosense.messages.inbox import Inbox
from evosense.messages.models import Heard, Recipient, Stored
from tests.integration.messages.conftest import MARCOS, NOW, hear, text_message

Picture = Callable[[], dict[str, list[Any]]]


async def test_a_name_told_again_is_one_raw_event_a_day_and_the_newest_name_stays(
    inbox: Inbox, recipient: Recipient, picture: Picture, admin_connection: psycopg.Connection
) -> None:
    def told(name: str, seconds: float) -> Heard:
        data = {"remoteJid": MARCOS, "pushName": name}
        return hear(recipient, "contacts.update", data, at=NOW + timedelta(seconds=seconds))

    def raws() -> list[Any]:
        query = "select received_day, count(*) from raw.evolution_event group by 1 order by 1"
        return admin_connection.execute(query).fetchall()

    first = await inbox.store([told("Marcos", 0)])
    again = await inbox.store([told("Marcos", 1), told("Marcos", 2)])
    assert (first.raw_events, again.raw_events) == (1, 0)
    ((_, _, marcos, since),) = picture()["contacts"]
    await inbox.store([told("Vieira", 3)])
    assert await inbox.store([told("Marcos", 4)]) == Stored()
    assert raws() == [(NOW.date(), 2)]
    ((_, _, digest, at),) = picture()["contacts"]
    assert (digest, at) == (marcos, NOW + timedelta(seconds=4))
    assert since == NOW
    tomorrow = await inbox.store([told("Marcos", 86_400)])
    assert tomorrow.raw_events == 1
    assert raws() == [(NOW.date(), 2), (NOW.date() + timedelta(days=1), 1)]


async def test_a_connection_is_touched_every_ten_seconds(
    inbox: Inbox, recipient: Recipient, admin_connection: psycopg.Connection
) -> None:
    for second in (0, 9, 10, 12):
        at = NOW + timedelta(seconds=second)
        await inbox.store([hear(recipient, "messages.upsert", text_message(f"M{second}", "oi"), at=at)])
        ((heard,),) = admin_connection.execute("select last_event_at from app.connection").fetchall()
        assert heard == NOW + timedelta(seconds=second // 10 * 10)


async def test_what_the_phone_told_first_turns_out_to_be_sent_through_the_api(
    inbox: Inbox, recipient: Recipient, picture: Picture
) -> None:
    sent = text_message("OUT", "olá", from_me=True)
    await inbox.store([hear(recipient, "messages.upsert", sent)])
    assert picture()["origins"] == []
    await inbox.store([hear(recipient, "send.message", sent)])
    new = text_message("NEW", "olá", from_me=True)
    await inbox.store([hear(recipient, "messages.upsert", new), hear(recipient, "send.message", new)])
    await inbox.store([hear(recipient, "send.message", new)])
    assert picture()["origins"] == [("NEW", "bot"), ("OUT", "bot")]
