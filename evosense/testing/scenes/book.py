"""The text files, read once: general lines and one book for each kind of business."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from evosense.errors import NotFound
from evosense.testing.scenes.grammar import Part, parse

Template = tuple[Part, ...]
Lines = tuple[Template, ...]

BUSINESSES = (
    "loja_roupas",
    "clinica",
    "internet",
    "restaurante",
    "academia",
    "pet_shop",
    "banco",
    "imobiliaria",
)
"""Kinds of business that have a book."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A subject that customers write about: kind (pergunta, problema, elogio), weight and lines."""

    name: str
    kind: str
    weight: float
    lines: dict[str, Lines]


@dataclass(frozen=True, slots=True)
class Business:
    """One kind of business.

    `day_weights` are relative volumes from Monday to Sunday; hours are local.
    """

    key: str
    company: str
    hours_text: str
    opens_h: float
    closes_h: float
    day_weights: tuple[float, ...]
    agents: tuple[str, ...]
    group: str
    words: dict[str, Lines]
    plots: tuple[Plot, ...]
    common: dict[str, Lines]

    def lines(self, plot: Plot | None, beat: str) -> Lines:
        """The plot's own lines for a beat, the general ones where it has none."""
        own = plot.lines.get(beat, ()) if plot else ()
        return own or self.common.get(beat, ())


def _lines(text: str) -> Lines:
    return tuple(parse(line.strip()) for line in text.strip().splitlines() if line.strip())


def _read(name: str) -> dict[str, Any]:
    text = resources.files("evosense.testing.scenes").joinpath(f"texts/{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


def _plot(raw: dict[str, Any]) -> Plot:
    beats = {name: _lines(text) for name, text in raw.items() if name not in ("nome", "tipo", "peso")}
    return Plot(raw["nome"], raw["tipo"], float(raw["peso"]), beats)


@cache
def word_lists() -> dict[str, list[str]]:
    """Names of people, streets and districts."""
    return _read("nomes")


@cache
def business(key: str) -> Business:
    """The book of a business.

    Raises:
        NotFound: There is no such book.
    """
    if key not in BUSINESSES:
        raise NotFound(f"There are no scenes called {key}; there are: {', '.join(BUSINESSES)}.")
    general, own = _read("geral"), _read(key)
    facts: dict[str, Any] = own["negocio"]
    return Business(
        key=key,
        company=facts["empresa"],
        hours_text=facts["horario"],
        opens_h=float(facts["abre_h"]),
        closes_h=float(facts["fecha_h"]),
        day_weights=tuple(float(weight) for weight in facts["dias"]),
        agents=tuple(facts["atendentes"]),
        group=facts["grupo"],
        words={name: _lines(text) for name, text in {**general["palavras"], **own["palavras"]}.items()},
        plots=tuple(_plot(raw) for raw in own["plot"]),
        common={name: _lines(text) for name, text in general["falas"].items()},
    )
