"""Writes a conversation: takes an arc, fills its beats with text, and adds what people do besides text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from random import Random

from evosense.testing.scenes import arcs
from evosense.testing.scenes.book import Business, Lines, Plot
from evosense.testing.scenes.grammar import expand
from evosense.testing.scenes.models import Author, Kind, Mood, Person, SceneMessage
from evosense.testing.scenes.moods import mood_of
from evosense.testing.scenes.people import Crowd
from evosense.testing.scenes.slots import Slots
from evosense.testing.scenes.style import bubbles, typed

_REACTIONS = {"good": ("❤️", "👍", "🙏", "😍"), "neutral": ("👍", "🙏"), "bad": ("👎", "😡", "😢")}
_WITH_PICTURE = {"legenda_problema": 1.0, "legenda_boa": 1.0, "comprovante": 0.7, "abre": 0.04}
_SPOKEN = frozenset({"abre", "detalhe", "piora", "alivio", "cobranca_forte", "resposta", "resolve"})


class SceneWriter:
    """Conversations of one business with its own crowd of customers."""

    def __init__(self, business: Business, seed: str, crowd_size: int = 400) -> None:
        self.business = business
        self.crowd = Crowd(Random(f"{seed}:crowd"), crowd_size)
        self._plots = list(business.plots)
        self._weights = [plot.weight for plot in business.plots]

    def conversation(self, number: int, now: datetime, rng: Random) -> list[SceneMessage]:
        """A whole conversation that starts at `now`, the business' local time."""
        pen = _Pen(self, number, now, rng)
        plot = rng.choices(self._plots, self._weights)[0]
        pen.play(plot, [*arcs.opening(plot.kind, rng, open_now=self.is_open(now)), *arcs.ARCS[plot.kind](rng)])
        if plot.kind == "pergunta" and pen.messages[-1].beat != "desiste" and rng.random() < 0.08:
            later = next(one for one in self._plots if one.kind == "problema")
            first = arcs.customer("abre", "abre_problema", arcs.relapse_wait(rng))
            pen.play(later, [first, *arcs.problem(rng)])
        return pen.messages

    def chatter(self, number: int, now: datetime, rng: Random) -> list[SceneMessage]:
        """A few messages in the staff's group."""
        pen = _Pen(self, number, now, rng, group=1)
        for _ in range(rng.randint(1, 3)):
            author = rng.choice(self.crowd.colleagues)
            pen.say("colleague", author, "grupo_recado", (0, 600))
            for _ in range(rng.randint(0, 3)):
                pen.say("colleague", rng.choice(self.crowd.colleagues), "grupo_resposta", (10, 900))
        return pen.messages

    def is_open(self, now: datetime) -> bool:
        """Whether somebody is there to answer."""
        hour = now.hour + now.minute / 60
        return self.business.opens_h <= hour < self.business.closes_h and self.business.day_weights[now.weekday()] > 0.3


class _Pen:
    """The state of one conversation while it is written."""

    def __init__(self, writer: SceneWriter, number: int, now: datetime, rng: Random, group: int | None = None) -> None:
        self.business = writer.business
        self.number = number
        self.rng = rng
        self.group = group
        self.person = writer.crowd.someone(rng)
        self.agent = rng.choice(self.business.agents)
        # Some desks answer on the phone, some through software: those messages come as send.message only.
        self.staff: Author = "agent" if rng.random() < 0.6 else "api"
        self.slots = Slots(rng, self.business, self.person, self.agent, now)
        self.messages: list[SceneMessage] = []
        self._plot: Plot | None = None

    def play(self, plot: Plot, steps: list[arcs.Step]) -> None:
        """Write all steps of an arc."""
        self._plot = plot
        for step in steps:
            if step.author == "customer":
                self._customer(step)
            else:
                author: Author = "api" if step.author == "api" else self.staff
                self._add(author, "text", self._text(step.beat), step)
        self._afterthoughts()

    def say(self, author: Author, person: Person, beat: str, wait: tuple[float, float]) -> None:
        """Write one line of the group."""
        self.person = person
        text = typed(self._text(beat), self.person.style, None, self.rng)
        self._add(author, "text", text, arcs.Step(author, beat, None, wait))

    def _lines(self, beat: str) -> Lines:
        own = self.business.lines(self._plot, beat)
        general = self.business.common.get(beat, ())
        # The business' own words for a mood that the general lines know too: both are used.
        return general if own is not general and general and self.rng.random() < 0.4 else own

    def _text(self, beat: str) -> str:
        lines = self._lines(beat)
        text = expand(lines[int(self.rng.random() * len(lines))], self.rng, self.slots.lookup)
        return text[:1].upper() + text[1:]

    def _customer(self, step: arcs.Step) -> None:
        kind = self._kind(step.beat)
        mood = mood_of(step.mood or step.beat, self.rng)
        if kind == "audio":
            self._add("customer", "audio", "", step, mood=mood)
            return
        self.slots.personal.clear()
        plain = self._text(step.beat)
        personal = tuple(dict.fromkeys(self.slots.personal))
        text = typed(plain, self.person.style, mood, self.rng)
        parts = [text] if kind != "text" or personal else bubbles(text, self.person.style, self.rng)
        for index, part in enumerate(parts):
            wait = step.wait if index == 0 else (2.0, 9.0)
            self._add("customer", kind, part, replace(step, wait=wait), mood=mood, pii=personal)

    def _kind(self, beat: str) -> Kind:
        if self.rng.random() < _WITH_PICTURE.get(beat, 0):
            return "image" if beat != "comprovante" or self.rng.random() < 0.7 else "document"
        return "audio" if beat in _SPOKEN and self.rng.random() < 0.08 else "text"

    def _add(
        self,
        author: Author,
        kind: Kind,
        text: str,
        step: arcs.Step,
        *,
        mood: Mood | None = None,
        pii: tuple[str, ...] = (),
        target: int | None = None,
    ) -> None:
        index = len(self.messages)
        quotes = index - 1 if kind == "text" and index > 0 and self.rng.random() < 0.05 else None
        if quotes is not None and self.messages[quotes].kind != "text":
            quotes = None
        self.messages.append(
            SceneMessage(
                conversation=self.number,
                index=index,
                person=self.person,
                group=self.group,
                author=author,
                kind=kind,
                text=text,
                delay_s=self.rng.uniform(*step.wait) if index else 0.0,
                mood=mood,
                beat=step.beat,
                quotes=quotes,
                target=target,
                pii=pii,
                seconds=self.rng.randint(3, 75) if kind == "audio" else 0,
            )
        )

    def _afterthoughts(self) -> None:
        """Stickers, reactions, a place on the map, a typo corrected, a message taken back."""
        rng = self.rng
        last_mood = next((one.mood for one in reversed(self.messages) if one.mood), None)
        tone = last_mood.tone if last_mood else "neutral"
        if tone == "good" and rng.random() < 0.14:
            self._add("customer", "sticker", "", arcs.customer("agradece"), mood=mood_of("agradece", rng))
        if rng.random() < 0.02:
            self._add(
                "customer",
                "location",
                self.slots.lookup("bairro", False),
                arcs.customer("confirma"),
                mood=mood_of("confirma", rng),
            )
        answers = [one.index for one in self.messages if one.author in ("agent", "api") and one.kind == "text"]
        if answers and rng.random() < 0.12:
            self._add(
                "customer",
                "reaction",
                rng.choice(_REACTIONS[tone]),
                arcs.customer("reage"),
                target=answers[-1],
            )
        for kind, chance in (("edit", 0.05), ("revoke", 0.03)):
            self._rework(kind, chance)

    def _rework(self, kind: str, chance: float) -> None:
        own = [one for one in self._own_texts() if len(one.text) > 12]
        if not own or self.rng.random() > chance:
            return
        chosen = self.rng.choice(own)
        if kind == "edit":
            self._add("customer", "edit", f"{chosen.text}*", arcs.customer("edita"), target=chosen.index)
        else:
            self._add("customer", "revoke", "", arcs.customer("apaga"), target=chosen.index)

    def _own_texts(self) -> Iterator[SceneMessage]:
        return (one for one in self.messages if one.author == "customer" and one.kind == "text")
