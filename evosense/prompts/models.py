"""What a prompt version is: templates, schema of the answer, few-shots and variables, and a hash over all of it."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import rfc8785

from evosense.ai.protocols import PromptMessage

PROMPT_HASH_SCHEME = "p1:"
SCORING_PROMPT = "sentiment"
CHAMPION = "champion"


@dataclass(frozen=True)
class PromptText:
    """The content of a prompt version. Placeholders `{text}` and `{context}` are filled by the renderer.

    Attributes:
        messages: templates in order; whitespace counts.
        output_schema: JSON schema the model must follow.
        few_shots: example exchanges, put before the last message.
        variables: values of further placeholders, part of the version; `language` says what it is written in.
    """

    messages: Sequence[PromptMessage]
    output_schema: Mapping[str, Any]
    few_shots: Sequence[Mapping[str, str]] = field(default_factory=tuple[Mapping[str, str], ...])
    variables: Mapping[str, str] = field(default_factory=dict[str, str])

    @cached_property
    def template(self) -> dict[str, Any]:
        """JSON form of messages, few-shots and variables (left out where there are none), NFC-normalised."""
        variables = {name: _nfc(value) for name, value in self.variables.items()}
        return {
            "messages": [{"role": m.role, "content": _nfc(m.content)} for m in self.messages],
            "few_shots": [{key: _nfc(value) for key, value in shot.items()} for shot in self.few_shots],
            **({"variables": variables} if variables else {}),
        }

    @cached_property
    def canonical(self) -> bytes:
        """RFC 8785 bytes: what is hashed and stored verbatim."""
        return rfc8785.dumps({**self.template, "output_schema": dict(self.output_schema)})

    @cached_property
    def prompt_hash(self) -> str:
        """`p1:` and the sha256 of `canonical` in hex."""
        return PROMPT_HASH_SCHEME + hashlib.sha256(self.canonical).hexdigest()


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
