"""Named SQL: every statement lives in a `queries.sql` beside its repository, with a name and a sentence.

A file holds blocks of this form; parameters are psycopg's `%(name)s`, a literal percent sign is `%%`:

    -- name: find_thing
    -- One row: the thing by its id within the tenant.
    select …
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import LiteralString, cast

_HEADER = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


class Queries:
    """The statements of one file by name: `queries["find_thing"]`."""

    def __init__(self, source: str, text: str) -> None:
        """`text` is the content of the file, `source` names it in errors."""
        self.source = source
        self._statements = dict(_parse(source, text))

    def __getitem__(self, name: str) -> LiteralString:
        """The statement called `name`. Raises KeyError naming the file."""
        try:
            # The text comes from a file of this package, never from input: that is what LiteralString asserts.
            return cast("LiteralString", self._statements[name])
        except KeyError:
            message = f"no query named {name!r} in {self.source}"
            raise KeyError(message) from None

    def names(self) -> list[str]:
        """The names in the order of the file."""
        return list(self._statements)


def _parse(source: str, text: str) -> list[tuple[str, str]]:
    parts = _HEADER.split(text)
    names, bodies = parts[1::2], parts[2::2]
    if len(set(names)) != len(names):
        message = f"{source} names a query twice"
        raise ValueError(message)
    statements = [(name, body.strip()) for name, body in zip(names, bodies, strict=True)]
    for name, body in statements:
        if not body.startswith("-- "):
            message = f"{source}: query {name} needs a sentence that says what it answers"
            raise ValueError(message)
    return statements


@cache
def load(package: str, filename: str = "queries.sql") -> Queries:
    """The queries of `package`, e.g. `load(__package__)`; each file is read once per process."""
    text = resources.files(package).joinpath(filename).read_text(encoding="utf-8")
    return Queries(f"{package}/{filename}", text)
