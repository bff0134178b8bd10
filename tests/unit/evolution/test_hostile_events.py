"""Things no server should send: everything is survived, and no token gets out."""

import copy
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from evosense.evolution.canonical import as_json_line
from evosense.evolution.events import KNOWN_KINDS, decode_envelope
from tests.unit.evolution.conftest import EXAMPLES

NOW = datetime(2026, 11, 20, 23, 10, 48, tzinfo=UTC)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(sorted(KNOWN_KINDS)), json_values)
def test_any_data_of_any_kind_is_survived(kind: str, data: Any) -> None:
    for event in decode_envelope({"event": kind, "instance": "i", "data": data}, received_at=NOW):
        as_json_line(event)


@st.composite
def mutated_examples(draw: st.DrawFn) -> dict[str, Any]:
    envelope = copy.deepcopy(EXAMPLES[draw(st.sampled_from(sorted(EXAMPLES)))]["envelope"])
    node: Any = envelope
    while isinstance(node, dict) and node:
        key = draw(st.sampled_from(sorted(node)))
        if draw(st.booleans()) or not isinstance(node[key], dict):
            node[key] = draw(json_values)
            break
        node = node[key]
    return envelope


@given(mutated_examples())
def test_captured_envelopes_with_a_broken_field_are_survived(envelope: dict[str, Any]) -> None:
    for event in decode_envelope(envelope, received_at=NOW):
        assert b"TOKEN-LOJA" not in as_json_line(event) or "TOKEN" in str(envelope.get("data"))
