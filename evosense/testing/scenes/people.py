"""Customers: names, phones, and how each of them writes."""

from __future__ import annotations

import unicodedata
from random import Random

from evosense.testing.scenes.book import word_lists
from evosense.testing.scenes.models import Person, Style

_NAMES = word_lists()
#: (area code, city, region of speech, weight)
_PLACES = (
    ("11", "São Paulo", "sp", 9),
    ("19", "Campinas", "sp", 3),
    ("21", "Rio de Janeiro", "rj", 6),
    ("31", "Belo Horizonte", "mg", 5),
    ("34", "Uberlândia", "mg", 2),
    ("41", "Curitiba", "pr", 3),
    ("51", "Porto Alegre", "rs", 4),
    ("61", "Brasília", "df", 3),
    ("71", "Salvador", "ba", 4),
    ("81", "Recife", "pe", 4),
    ("85", "Fortaleza", "ce", 4),
    ("91", "Belém", "pa", 2),
    ("62", "Goiânia", "go", 3),
)
#: Younger names that people choose for themselves, with {n} for the first name.
_SHOWN = (
    "{n}",
    "{n}",
    "{n}",
    "{f}",
    "{f}",
    "{n} ✨",
    "{n} 🌸",
    "{n} ⚽",
    "~{n}",
    "Dona {n}",
    "{n} 🙏",
    "{i}",
)
_STYLES = (
    # lower, abbreviate, drop accents, typo, emoji, stretch, bubbles
    (0.9, 0.7, 0.6, 0.03, 0.35, 0.25, 0.45),  # young, on the phone
    (0.6, 0.35, 0.3, 0.02, 0.25, 0.1, 0.25),  # most people
    (0.15, 0.05, 0.05, 0.005, 0.1, 0.03, 0.1),  # careful
    (0.3, 0.15, 0.5, 0.05, 0.5, 0.2, 0.3),  # older, many emoji
)


def ascii_letters(text: str) -> str:
    """Without accents."""
    return "".join(one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one))


def _ninth_digit(area: str, rng: Random) -> str:
    """WhatsApp knows older accounts outside São Paulo, Rio and Espírito Santo without the ninth digit."""
    return "" if int(area) > 30 and rng.random() < 0.3 else "9"


def make_person(rng: Random) -> Person:
    """Somebody new."""
    feminine = rng.random() < 0.58
    first = rng.choice(_NAMES["mulheres" if feminine else "homens"])
    surnames = rng.sample(_NAMES["sobrenomes"], 2)
    full = f"{first} {surnames[0]}" if rng.random() < 0.6 else f"{first} {surnames[0]} {surnames[1]}"
    area, city, region, _weight = rng.choices(_PLACES, [place[3] for place in _PLACES])[0]
    shown = rng.choice(_SHOWN).format(n=first, f=full, i=f"{first} {surnames[0][0]}.")
    numbers = rng.choices(_STYLES, (4, 5, 3, 2))[0]
    device = rng.choices(("android", "ios", "web"), (70, 24, 6))[0]
    return Person(
        first_name=first,
        full_name=full,
        shown_name=shown,
        phone=f"55{area}{_ninth_digit(area, rng)}{rng.randint(6000, 9999)}{rng.randint(0, 9999):04d}",
        lid=str(rng.randint(10**13, 9 * 10**14)) if rng.random() < 0.3 else None,
        feminine=feminine,
        city=city,
        style=Style(*numbers, region, device),
    )


class Crowd:
    """The customers of one business: some write once, some come back for weeks."""

    def __init__(self, rng: Random, size: int) -> None:
        self.people = [make_person(rng) for _ in range(size)]
        self.colleagues = [make_person(rng) for _ in range(9)]

    def someone(self, rng: Random) -> Person:
        """Draw a customer; a few of them write far more often than others."""
        return self.people[int(len(self.people) * rng.random() ** 1.7)]
