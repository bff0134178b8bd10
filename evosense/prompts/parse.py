"""Prompt versions as people hand them in: JSON with messages, and optionally schema and examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evosense.ai.protocols import PromptMessage
from evosense.errors import InvalidInput
from evosense.prompts.default import OUTPUT_SCHEMA
from evosense.prompts.models import PromptText

_MAX_LENGTH = 60_000
VariableName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class MessageIn(BaseModel):
    """One message of the template; `{text}` and `{context}` are filled in."""

    model_config = ConfigDict(extra="forbid")
    role: Literal["system", "user", "assistant"]
    content: Annotated[str, Field(min_length=1, max_length=_MAX_LENGTH)]


class ShotIn(BaseModel):
    """One example exchange."""

    model_config = ConfigDict(extra="forbid")
    user: Annotated[str, Field(min_length=1, max_length=_MAX_LENGTH)]
    assistant: Annotated[str, Field(min_length=1, max_length=_MAX_LENGTH)]


class PromptIn(BaseModel):
    """The content of a version; the built-in schema holds when none is given."""

    model_config = ConfigDict(extra="forbid")
    messages: Annotated[list[MessageIn], Field(min_length=1, max_length=20)]
    few_shots: Annotated[list[ShotIn], Field(max_length=50)] = Field(default_factory=list[ShotIn])
    output_schema: Mapping[str, Any] | None = None
    variables: Annotated[
        dict[VariableName, Annotated[str, Field(max_length=_MAX_LENGTH)]],
        Field(max_length=50, description="Values of further placeholders; `language` says what it is written in"),
    ] = Field(default_factory=dict[str, str])

    def as_prompt(self) -> PromptText:
        """The version.

        Raises:
            InvalidInput: the last message is not the user's, `{text}` is nowhere, or a variable is called like it.
        """
        if self.messages[-1].role != "user" or not any("{text}" in message.content for message in self.messages):
            message = "the last message must be the user's, and one message must hold {text}"
            raise InvalidInput(message)
        if {"text", "context"} & self.variables.keys():
            message = "text and context are the message's own; give the variable another name"
            raise InvalidInput(message)
        return PromptText(
            tuple(PromptMessage(one.role, one.content) for one in self.messages),
            self.output_schema or OUTPUT_SCHEMA,
            tuple(shot.model_dump() for shot in self.few_shots),
            self.variables,
        )


def prompt_from_json(content: bytes) -> PromptText:
    """A version from JSON. Raises InvalidInput naming the place that is wrong."""
    try:
        return PromptIn.model_validate_json(content).as_prompt()
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in problem["loc"]) or "the file"
        message = f"this is no prompt: {place}: {problem['msg']}"
        raise InvalidInput(message) from None
