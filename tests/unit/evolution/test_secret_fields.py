"""Secrets are taken out of a document at any depth, and the document itself stays as it was."""

import copy
import random
from typing import Any

from evosense.evolution.secret_fields import SECRET_FIELDS, without_secrets

SECRETS = sorted(SECRET_FIELDS)


def document(rng: random.Random, depth: int = 0) -> Any:
    """A JSON document with secrets anywhere."""
    kind = rng.randrange(6 if depth < 5 else 3)
    if kind < 3:
        return rng.choice(["text", 7, None, True, b"bytes"])
    if kind == 3:
        return [document(rng, depth + 1) for _ in range(rng.randrange(4))]
    names = ["a", "b", "c", *rng.sample(SECRETS, 2)]
    return {name: document(rng, depth + 1) for name in rng.sample(names, rng.randrange(5))}


def plainly(value: Any) -> Any:
    """What is wanted, written down."""
    if isinstance(value, dict):
        return {key: plainly(child) for key, child in value.items() if key not in SECRET_FIELDS}
    return [plainly(child) for child in value] if isinstance(value, list) else value


def test_any_document() -> None:
    rng = random.Random(3)
    documents = [document(rng) for _ in range(3_000)]
    assert sum(plainly(each) != each for each in documents) > 500
    for each in documents:
        before = copy.deepcopy(each)
        assert without_secrets(each) == plainly(before)
        assert each == before


def test_what_holds_no_secret_is_not_copied() -> None:
    quiet = {"key": {"id": "A"}, "parts": [{"text": "oi"}]}
    assert without_secrets(quiet) is quiet
    kept = without_secrets({"quiet": quiet, "message": {"mediaKey": "k"}})
    assert kept == {"quiet": quiet, "message": {}}
    assert kept["quiet"] is quiet


def test_it_ends_where_nobody_nests_any_deeper() -> None:
    deep: Any = {"token": "T"}
    for _ in range(5_000):
        deep = {"a": [deep]}
    assert "T" not in repr(without_secrets(deep))
