"""Believable Brazilian customer-service conversations, drawn by seed, with the mood of every message known.

`history()` plays weeks of a business' past, `LiveScenes` an endless interleaved present; both give
`SceneMessage`s, which know nothing of any provider's wire format.
"""

from evosense.testing.scenes.book import BUSINESSES
from evosense.testing.scenes.calendar import history
from evosense.testing.scenes.live import LiveScenes, Reel, SceneSource
from evosense.testing.scenes.models import Mood, Person, SceneMessage

__all__ = ["BUSINESSES", "LiveScenes", "Mood", "Person", "Reel", "SceneMessage", "SceneSource", "history"]
