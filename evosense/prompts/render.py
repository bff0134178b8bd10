"""Filling a prompt with a message and its context: delimited data that can't close its delimiter, without orders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from evosense.ai.protocols import PromptMessage, Turn
from evosense.prompts.instructions import without_instructions
from evosense.prompts.models import PromptText

_DELIMITERS = re.compile(r"</?\s*(?:contexto|mensagem)\s*>", re.IGNORECASE)
_SPEAKERS = {"in": "cliente", "out": "empresa", "unknown": "?"}
_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def render(prompt: PromptText, text: str, context: Sequence[Turn]) -> tuple[PromptMessage, ...]:
    """The messages to send: few-shots before the last message, placeholders filled once (never inside data)."""
    values = {
        **prompt.variables,
        "text": as_sent(text),
        "context": "\n".join(f"{_SPEAKERS[turn.direction]}: {as_sent(turn.text)}" for turn in context),
    }
    filled = [
        PromptMessage(m.role, _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), m.content))
        for m in prompt.messages
    ]
    shots: list[PromptMessage] = []
    for shot in prompt.few_shots:
        shots += [PromptMessage("user", shot["user"]), PromptMessage("assistant", shot["assistant"])]
    return (*filled[:-1], *shots, *filled[-1:])


# Most messages are seen once as a question and several times as context: each is looked at once.
@lru_cache(maxsize=4096)
def as_sent(text: str) -> str:
    """What a model gets to see of a text (evosense.prompts.instructions.rules names the rules)."""
    return _DELIMITERS.sub(" ", without_instructions(text.replace("\x00", " ")))
