"""Text from outside that Postgres and UTF-8 can hold."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, SecretStr


def _storable(text: str) -> str:
    if "\x00" in text:
        message = "must not hold a null character"
        raise ValueError(message)
    try:
        text.encode()
    except UnicodeEncodeError:
        message = "must not hold half a surrogate pair"
        raise ValueError(message) from None
    return text


def _storable_secret(secret: SecretStr) -> SecretStr:
    _storable(secret.get_secret_value())
    return secret


Text = Annotated[str, AfterValidator(_storable)]
SecretText = Annotated[SecretStr, AfterValidator(_storable_secret)]
