"""How events go astray at the stand-in for Stripe."""

from evosense.testing.stripe.histories import HISTORIES, begin
from evosense.testing.stripe.ledger import Ledger
from evosense.testing.stripe.webhooks import Disorder, disordered


def told() -> list[dict]:
    life = begin("t", Ledger())
    for step in HISTORIES["bought and renewed"]:
        step(life)
    return life.ledger.events


def ids(events: list[dict]) -> list[str]:
    return [event["id"] for event in events]


def test_in_order_when_nothing_goes_astray():
    assert disordered(told(), Disorder(shuffled=False, doubled=0)) == told()


def test_a_seed_can_be_repeated():
    disorder = Disorder(seed=7, doubled=0.5, lost=0.2, delayed=0.5)
    assert ids(disordered(told(), disorder)) == ids(disordered(told(), disorder))
    assert ids(disordered(told(), disorder)) != ids(disordered(told(), Disorder(seed=8)))


def test_what_is_late_comes_after_all_others_and_nothing_is_gone():
    late = disordered(told(), Disorder(shuffled=False, doubled=0, delayed=0.4))
    assert ids(late) != ids(told())
    assert sorted(ids(late)) == sorted(ids(told()))
    # Two waves, each in order.
    place = {event_id: number for number, event_id in enumerate(ids(told()))}
    falls = sum(place[one] > place[two] for one, two in zip(ids(late), ids(late)[1:], strict=False))
    assert falls == 1


def test_shares_are_of_all_or_nothing():
    assert disordered(told(), Disorder(lost=1.0)) == []
    assert len(disordered(told(), Disorder(doubled=1.0))) == 2 * len(told())
