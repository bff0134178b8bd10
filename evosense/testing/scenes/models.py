"""What a scene is made of: people, moods, messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Author = Literal["customer", "agent", "api", "colleague"]
Kind = Literal["text", "audio", "image", "sticker", "document", "location", "reaction", "edit", "revoke"]
Tone = Literal["good", "neutral", "bad"]


@dataclass(frozen=True, slots=True)
class Mood:
    """What the writer meant the customer to feel: the ground truth, never on the wire.

    `sentiment` runs from -1 to 1, `satisfaction` from 0 to 100, `emotion` is one of design.md §6's closed
    list.
    """

    sentiment: float
    satisfaction: int
    emotion: str

    @property
    def tone(self) -> Tone:
        """Coarse reading with a neutral band of ±0.2."""
        if self.sentiment > 0.2:
            return "good"
        return "bad" if self.sentiment < -0.2 else "neutral"


@dataclass(frozen=True, slots=True)
class Style:
    """How somebody writes; probabilities from 0 to 1.

    `region` picks interjections (uai, oxe, bah…); `device` is where the phone's ids come from.
    """

    lower: float
    abbreviate: float
    drop_accents: float
    typo: float
    emoji: float
    stretch: float
    bubbles: float
    region: str
    device: Literal["android", "ios", "web"]


@dataclass(frozen=True, slots=True)
class Person:
    """A customer or, in groups, a colleague.

    `phone` is WhatsApp's address in digits (older ones lack the ninth digit); `lid` is set for chats that
    WhatsApp addresses by LID; `feminine` decides between obrigada and obrigado.
    """

    first_name: str
    full_name: str
    shown_name: str
    phone: str
    lid: str | None
    feminine: bool
    city: str
    style: Style


@dataclass(frozen=True, slots=True)
class SceneMessage:
    """One message of a conversation.

    Attributes:
        conversation: Id of the conversation within its generator.
        index: Position in the conversation; `quotes` and `target` point to other positions.
        person: The customer, or the author in a group.
        group: Number of the group, None for a direct chat.
        author: customer, agent (typing on the phone), api (a bot, or an agent's desk software), colleague (in
            groups).
        delay_s: Seconds since the previous message of the conversation.
        at: Epoch seconds; 0.0 until a calendar sets it.
        mood: Of customers' messages in direct chats, None otherwise.
        beat: The step of the conversation, as the text files call it.
        pii: Kinds of personal data inside the text (cpf, email, phone, pix, address, card).
        seconds: Length of an audio.
    """

    conversation: int
    index: int
    person: Person
    group: int | None
    author: Author
    kind: Kind
    text: str
    delay_s: float
    mood: Mood | None
    beat: str
    quotes: int | None = None
    target: int | None = None
    pii: tuple[str, ...] = ()
    seconds: int = 0
    at: float = 0.0

    @property
    def from_customer(self) -> bool:
        """Whether a customer wrote it in a direct chat."""
        return self.author == "customer"
