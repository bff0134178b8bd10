"""Both of Stripe's field shapes become the same facts."""

import json

import pytest

from evosense.billing.shapes import invoice_facts, subscription_facts
from evosense.billing.webhook_events import read_event
from evosense.errors import InvalidInput
from evosense.testing.stripe.histories import HISTORIES, begin
from evosense.testing.stripe.ledger import Ledger, old_shape
from evosense.testing.stripe.webhooks import payload_of


def played(name: str) -> Ledger:
    life = begin("t", Ledger())
    for step in HISTORIES[name]:
        step(life)
    return life.ledger


@pytest.mark.parametrize("name", HISTORIES)
def test_old_and_new_shapes_say_the_same(name):
    for event in played(name).events:
        thing = event["data"]["object"]
        if thing["object"] == "subscription":
            assert "current_period_end" not in thing
            assert subscription_facts(old_shape(thing)) == subscription_facts(thing)
            assert subscription_facts(thing).period_end is not None
        if thing["object"] == "invoice":
            assert "subscription" not in thing
            assert invoice_facts(old_shape(thing)) == invoice_facts(thing)
            assert invoice_facts(thing).subscription_id is not None
        assert read_event(payload_of(event, old=True)).hint == read_event(payload_of(event)).hint


def test_nothing_personal_is_kept_of_an_event():
    import msgspec

    for event in played("refunded, disputed, removed").events:
        kept = msgspec.json.encode(read_event(payload_of(event))).decode()
        assert "example" not in kept
        assert "Loja" not in kept


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"\xff", b'{"id":"evt_1"}', b'{"id":"evt_1","type":"x","created":1,"data":{"object":[]}}',
     b'{"id":"evt_1","type":"x","created":"1","data":{"object":{}}}',
     b'{"id":"evt_1","type":"x","created":100000000000000000000,"data":{"object":{}}}',
     b'{"id":7,"type":"x","created":1,"data":{"object":{}}}'],
)  # fmt: skip
def test_what_is_no_event_is_refused(body):
    with pytest.raises(InvalidInput):
        read_event(body)


@pytest.mark.parametrize(
    "change",
    [{"status": "new_state"}, {"created": None}, {"items": {"data": [{}]}}, {"items": {"data": 7}}, {"metadata": []}],
)
def test_an_unreadable_object_leaves_an_event_without_hint(change):
    event = next(
        event for event in played("bought and renewed").events if event["type"] == "customer.subscription.created"
    )
    event["data"]["object"] |= change
    found = read_event(json.dumps(event).encode())
    assert found.customer_id is not None
    assert found.hint.subscription is None or change == {"metadata": []}


@pytest.mark.parametrize("until", ["soon", "", "9" * 30, "1e3"])
def test_nonsense_that_somebody_wrote_into_the_metadata_is_as_good_as_nothing(until):
    ledger = played("bought and renewed")
    thing = ledger.all("subscription")[0]
    thing["metadata"] |= {"evosense_kept_plan": "scale", "evosense_kept_until": until}
    assert subscription_facts(thing).kept_until is None
