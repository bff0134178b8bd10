"""The course of a conversation: who speaks when, and where the mood goes.

A question may end well, be given up, or sour when nobody answers. A problem starts bad and is solved (bad to
good), stays half solved, or gets worse. Praise is praise. Some conversations that ended well come back hours
later with a problem (good to bad).
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from evosense.testing.scenes.models import Author

_SECOND, _MINUTE, _HOUR = 1.0, 60.0, 3600.0

BOT_BEATS = frozenset({"menu_bot", "fora_horario", "pede_nota"})
"""Beats of the automatic attendant, who never sleeps."""


@dataclass(frozen=True, slots=True)
class Step:
    """One turn: who, which lines, which mood (customers only), and how long the person takes, in seconds."""

    author: Author
    beat: str
    mood: str | None
    wait: tuple[float, float]


def customer(beat: str, mood: str | None = None, wait: tuple[float, float] = (8, 150)) -> Step:
    """A turn of the customer."""
    return Step("customer", beat, mood or beat, wait)


def staff(beat: str, wait: tuple[float, float] = (40, 9 * _MINUTE)) -> Step:
    """A turn of a person of the business, on the phone or through its desk software."""
    return Step("agent", beat, None, wait)


def bot(beat: str, wait: tuple[float, float] = (1, 5)) -> Step:
    """A turn of the automatic attendant."""
    return Step("api", beat, None, wait)


def opening(kind: str, rng: Random, *, open_now: bool) -> list[Step]:
    """The first words, and what the automatic attendant makes of them."""
    steps = [customer("ola", wait=(0, 0))] if rng.random() < 0.55 else []
    steps.append(customer("abre", f"abre_{kind}", (4, 40)))
    if not open_now:
        steps.append(bot("fora_horario"))
    elif rng.random() < 0.35:
        steps.append(bot("menu_bot"))
        if rng.random() < 0.5:
            steps.append(customer("escolhe_menu", wait=(5, 40)))
    return steps


def _delay(rng: Random, chance: float) -> list[Step]:
    """The business does not answer, and the customer says so, sometimes more than once."""
    if rng.random() > chance:
        return []
    steps = [customer("cobranca", wait=(14 * _MINUTE, 70 * _MINUTE))]
    if rng.random() < 0.45:
        steps.append(customer("cobranca_forte", wait=(20 * _MINUTE, 2 * _HOUR)))
    return [*steps, staff("desculpa", (3 * _MINUTE, 25 * _MINUTE))]


def _identify(rng: Random, chance: float) -> list[Step]:
    """The business asks for personal data and gets it."""
    if rng.random() > chance:
        return []
    given = "da_cpf" if rng.random() < 0.65 else "da_contato"
    return [staff("pede_dados", (20, 3 * _MINUTE)), customer(given, wait=(15, 90))]


def _goodbye(rng: Random) -> list[Step]:
    steps: list[Step] = []
    if rng.random() < 0.6:
        steps.append(customer("agradece", wait=(5, 60)))
        if rng.random() < 0.75:
            steps.append(staff("de_nada", (10, 4 * _MINUTE)))
    return steps


def _rating(rng: Random, chance: float, answer: str) -> list[Step]:
    if rng.random() > chance:
        return []
    steps = [bot("pede_nota", (2 * _MINUTE, 10 * _MINUTE))]
    return [*steps, customer(answer, wait=(20, 20 * _MINUTE))] if rng.random() < 0.6 else steps


def question(rng: Random) -> list[Step]:
    """After the opening of a question."""
    steps = _delay(rng, 0.18)
    if rng.random() < 0.4:
        steps.append(staff("ola_agente"))
    steps += [staff("pergunta"), customer("detalhe", "detalhe_pergunta")]
    steps += _identify(rng, 0.12)
    if rng.random() < 0.3:
        steps.append(staff("aguarde", (15, 120)))
    steps.append(staff("resposta", (60, 8 * _MINUTE)))
    end = rng.random()
    if end < 0.55:
        return [*steps, *_sale(rng)]
    if end < 0.75:
        return [*steps, customer("desiste", wait=(30, 20 * _MINUTE))]
    return [*steps, customer("confirma"), *_goodbye(rng)]


def _sale(rng: Random) -> list[Step]:
    steps = [customer("fecha", wait=(10, 10 * _MINUTE))]
    if rng.random() < 0.3:
        steps += [
            staff("manda_pix", (20, 3 * _MINUTE)),
            customer("comprovante", wait=(2 * _MINUTE, 30 * _MINUTE)),
        ]
    return [*steps, *_goodbye(rng), *_rating(rng, 0.2, "nota_boa")]


def problem(rng: Random) -> list[Step]:
    """After the opening of a problem."""
    steps: list[Step] = []
    if rng.random() < 0.25:
        steps.append(customer("legenda_problema", wait=(10, 60)))
    steps += _delay(rng, 0.3)
    if rng.random() < 0.35:
        steps.append(staff("ola_agente"))
    steps += [staff("pergunta"), customer("detalhe", "detalhe_problema"), *_identify(rng, 0.3)]
    steps += [staff("aguarde", (15, 150)), *_delay(rng, 0.2), staff("resposta", (2 * _MINUTE, 20 * _MINUTE))]
    end = rng.random()
    if end < 0.52:
        return [*steps, *_solved(rng)]
    return [*steps, *(_worse(rng) if end < 0.8 else [customer("sem_jeito"), staff("desculpa")])]


def _solved(rng: Random) -> list[Step]:
    steps = [customer("sem_jeito" if rng.random() < 0.4 else "confirma")]
    if rng.random() < 0.15:
        steps.append(customer("da_pix", wait=(20, 90)))
    steps.append(staff("resolve", (10 * _MINUTE, 3 * _HOUR)))
    steps.append(customer("alivio", wait=(20, 25 * _MINUTE)))
    return [*steps, *_goodbye(rng), *_rating(rng, 0.3, "nota_boa")]


def _worse(rng: Random) -> list[Step]:
    steps = [customer("piora", wait=(20, 6 * _MINUTE)), staff("desculpa", (60, 15 * _MINUTE))]
    steps.append(customer("piora" if rng.random() < 0.5 else "ameaca", wait=(20, 6 * _MINUTE)))
    if rng.random() < 0.3:
        steps += [staff("resolve", (30 * _MINUTE, 4 * _HOUR)), customer("alivio", wait=(60, 40 * _MINUTE))]
        return steps
    return [*steps, *_rating(rng, 0.35, "nota_ruim")]


def praise(rng: Random) -> list[Step]:
    """After praise."""
    steps = [customer("legenda_boa", wait=(5, 40))] if rng.random() < 0.35 else []
    steps.append(staff("resposta", (2 * _MINUTE, 40 * _MINUTE)))
    return [*steps, *(_goodbye(rng) if rng.random() < 0.4 else [])]


ARCS = {"pergunta": question, "problema": problem, "elogio": praise}


def relapse_wait(rng: Random) -> tuple[float, float]:
    """How long after a good end a new problem shows."""
    start = rng.uniform(2 * _HOUR, 8 * _HOUR)
    return (start, start + _HOUR)
