"""One slip's spellings are those at distance one, and the likeliest word leads."""

from random import Random
from string import ascii_lowercase

import pytest

from evosense.search.spelling import Form, distance, nearest, one_slip


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [
        ("entrga", "entrega", 1),
        ("pdido", "pedido", 1),
        ("agoa", "agua", 1),
        ("ajuar", "ajudar", 1),
        ("auga", "agua", 1),
        ("agua", "agua", 0),
        ("reenbolco", "reembolso", 2),
        ("boleto", "pedido", 3),
    ],
)
def test_slips_are_counted_with_swaps_as_one(one, other, slips):
    assert distance(one, other, 2) == distance(other, one, 2) == slips


def test_what_one_slip_makes_is_what_lies_at_distance_one():
    rng = Random("one slip")
    for _ in range(2_000):
        word = "".join(rng.choices("abco", k=rng.randint(3, 6)))
        other = "".join(rng.choices("abco", k=rng.randint(3, 6)))
        assert (other in one_slip(word)) == (distance(word, other, 1) <= 1)
    assert all(distance("pedido", other, 1) <= 1 for other in one_slip("pedido"))
    assert one_slip("pedido") > {"pedido" + letter for letter in ascii_lowercase}


def test_fewer_slips_then_more_messages_lead_and_a_lexeme_counts_once():
    forms = [
        Form("entregas", "entreg", 9),
        Form("entregou", "entreg", 99),
        Form("entrega", "entreg", 50),
        Form("entrego", "entreg", 1),
        Form("estrada", "estrad", 80),
        Form("entrada", "entrad", 5),
    ]
    assert nearest("entrga", forms) == ("entreg",)
    assert nearest("entrada", forms) == ("estrad",)
    assert nearest("entradas", forms) == ("entrad", "estrad", "entreg")
    assert nearest("entradas", forms, at_most=1) == ("entrad",)


def test_short_words_are_taken_as_they_are_and_long_ones_forgiven_twice():
    assert nearest("aga", [Form("agua", "agu", 2)]) == ("agu",)
    assert nearest("lus", [Form("luz", "luz", 2)]) == ()
    assert nearest("pdidu", [Form("pedido", "ped", 2)]) == ()
    assert nearest("reenbolco", [Form("reembolso", "reembols", 2)]) == ("reembols",)
