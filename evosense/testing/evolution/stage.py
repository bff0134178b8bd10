"""Puts scenes on the wire: live conversations played by one instance or spread over several."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evosense.testing.evolution.drafts import GROUP, LID, Draft, Kind, Quote, Target, new_key_id, phone_jid

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Sequence

    from evosense.testing.evolution.instances import Instance
    from evosense.testing.scenes import Person, SceneMessage, SceneSource

_REMEMBERED = 2000
#: Neighbouring conversations go to distant instances, and elsewhere in the next round (Knuth's multiplier, a
#: prime).
_SPREAD, _STEP = 2_654_435_761, 131
_SCENE_KINDS: dict[str, Kind] = {
    "text": "text",
    "audio": "audio",
    "image": "image",
    "sticker": "sticker",
    "document": "document",
    "location": "location",
    "reaction": "reaction",
}


@dataclass(frozen=True, slots=True)
class Rework:
    """A message changed (`text`) or taken back (None)."""

    draft: Draft
    text: str | None


def group_jid(instance: Instance, number: int) -> str:
    """The address of an instance's group."""
    return f"12036304{zlib.crc32(f'{instance.name}:{number}'.encode()):010d}{GROUP}"


def _addresses(person: Person) -> tuple[str, str | None]:
    """(chat, LID) of a direct chat: the phone, a LID with the phone beside it, or (few) a LID alone."""
    alone = phone_jid(person.phone)
    if person.lid is None:
        return alone, None
    lid = f"{person.lid}{LID}"
    return (lid, None) if person.lid.endswith("7") else (alone, lid)


def _participant(person: Person) -> str:
    return phone_jid(person.phone) if person.lid is None else f"{person.lid}{LID}"


class Cast:
    """Turns scene messages of one instance into drafts, and remembers them for replies, reactions and edits.

    A scene without a moment of its own happens now, by `clock`.
    """

    def __init__(self, instance: Instance, rng: random.Random, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.instance = instance
        self.rng = rng
        self._known: OrderedDict[int, dict[int, Draft]] = OrderedDict()

    def draft(self, scene: SceneMessage) -> Draft | Rework | None:
        """The message to send, the change to make, or None when what it speaks of is not known."""
        target = self._find(scene, scene.target)
        if scene.kind in ("edit", "revoke"):
            return Rework(target, scene.text if scene.kind == "edit" else None) if target else None
        if scene.kind == "reaction" and target is None:
            return None
        draft = self._base(scene)
        if target is not None:
            draft = replace(draft, target=Target(target.key_id, target.from_me))
        elif (quoted := self._find(scene, scene.quotes)) is not None:
            author = self.instance.jid if quoted.from_me else quoted.participant or quoted.stored_chat
            draft = replace(draft, quote=Quote(quoted.key_id, quoted.text, author))
        self._remember(scene, draft)
        return draft

    def past(self, scenes: Iterable[SceneMessage]) -> list[Draft]:
        """Drafts of a history: edits are made already, what was taken back is left out."""
        drafts: dict[str, Draft] = {}
        for scene in scenes:
            made = self.draft(scene)
            if isinstance(made, Draft):
                drafts[made.key_id] = made
            elif made is not None and made.text is None:
                drafts.pop(made.draft.key_id, None)
            elif made is not None and made.draft.key_id in drafts:
                drafts[made.draft.key_id] = replace(made.draft, text=made.text or "")
        return list(drafts.values())

    def _base(self, scene: SceneMessage) -> Draft:
        from_me = scene.author in ("agent", "api")
        via_api = scene.author == "api"
        person = scene.person
        device = "web" if via_api else "android" if from_me else person.style.device
        chat, lid = _addresses(person)
        if scene.group is not None:
            chat, lid = group_jid(self.instance, scene.group), None
        by_lid = scene.group is not None and person.lid is not None
        return Draft(
            key_id=new_key_id(self.rng, device),
            chat=chat,
            lid=lid,
            participant=_participant(person) if scene.group is not None else None,
            participant_alt=phone_jid(person.phone) if by_lid else None,
            sent_at=int(scene.at or self.clock()),
            kind=_SCENE_KINDS[scene.kind],
            text=scene.text,
            from_me=from_me,
            push_name="" if from_me else person.shown_name,
            seconds=scene.seconds,
            secret=not via_api and self.rng.random() < 0.93,
            via_api=via_api,
        )

    def _find(self, scene: SceneMessage, index: int | None) -> Draft | None:
        return None if index is None else self._known.get(scene.conversation, {}).get(index)

    def _remember(self, scene: SceneMessage, draft: Draft) -> None:
        self._known.setdefault(scene.conversation, {})[scene.index] = draft
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


class Stage:
    """Live scenes; a conversation belongs to one of the instances from its first message on."""

    def __init__(self, scenes: SceneSource, casts: Sequence[Cast]) -> None:
        self.scenes = scenes
        self.casts = casts

    def next(self) -> tuple[Instance, Draft | Rework]:
        """The next thing that happens, and where."""
        while True:
            scene = self.scenes.next()
            place = (scene.conversation * _SPREAD >> 8) + self.scenes.round * _STEP
            cast = self.casts[place % len(self.casts)]
            if (made := cast.draft(scene)) is not None:
                return cast.instance, made
