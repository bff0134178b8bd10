"""Frames and envelopes that no server would send: the decoder answers events, never an exception, never a secret.

A short sample runs in `make test`; `make fuzz` runs the long profile.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evosense.evolution.canonical import as_json_line
from evosense.evolution.engineio import ProtocolError
from evosense.evolution.events import decode_envelope
from evosense.evolution.recorded import decode_frames, decode_recording
from evosense.redaction.redact import redact
from tests.e2e.frame_reader import load

CASES = 20_000 if os.environ.get("EVOSENSE_PROFILE") == "full" else 300
pytestmark = pytest.mark.fuzz
NOW = datetime(2026, 11, 21, tzinfo=UTC)
ENVELOPES = [capture["envelope"] for capture in load()["socketio_2_3_7"].values()]
SECRET = "TOKEN-THAT-NOBODY-MAY-SEE"

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=30)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
)
thorough = settings(max_examples=CASES, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def broken(envelope: Any, place: list[int], value: Any) -> Any:
    """The envelope with one part, found by walking down `place`, replaced by `value`."""
    changed = copy.deepcopy(envelope)
    node, parents = changed, []
    for step in place:
        if not isinstance(node, dict | list) or not node:
            break
        children = list(node.items()) if isinstance(node, dict) else list(enumerate(node))
        key, child = children[step % len(children)]
        parents.append((node, key))
        node = child
    if parents:
        parent, key = parents[-1]
        parent[key] = value
    return changed


@thorough
@given(st.sampled_from(ENVELOPES), st.lists(st.integers(0, 20), min_size=1, max_size=6), values)
def test_a_broken_envelope_costs_nothing_but_itself(envelope: dict[str, Any], place: list[int], value: Any):
    changed = broken(envelope | {"apikey": SECRET}, place, value)
    for event in decode_envelope(changed, received_at=NOW):
        assert SECRET.encode() not in as_json_line(event) or SECRET in str(value)


@thorough
@given(values)
def test_anything_is_an_envelope(value: Any):
    decode_envelope(value, received_at=NOW)


@thorough
@given(st.lists(st.text(alphabet='0123456789-/[]{},"abcn:\\', max_size=40) | st.binary(max_size=20), max_size=6))
def test_frames_are_refused_by_name_or_read(frames: list[str | bytes]):
    recorded = [f if isinstance(f, str) else {"$bin_b64": f.hex()} for f in frames]
    with contextlib.suppress(ProtocolError):  # the one error that a transport has to expect
        list(decode_frames(recorded, received_at=NOW))


@thorough
@given(st.recursive(scalars | st.sampled_from(ENVELOPES), st.lists) | st.text(max_size=200) | st.binary(max_size=80))
def test_any_file_is_a_recording_or_refused(file: Any):
    text = file if isinstance(file, bytes) else json.dumps(file)
    with contextlib.suppress(ProtocolError):
        for event in decode_recording(text, received_at=NOW):
            assert b"TOKEN-LOJA" not in as_json_line(event)


@thorough
@given(st.text(max_size=400))
def test_redaction_takes_any_text_and_is_stable(text: str):
    once = redact(text, b"k" * 32, b"chat")
    assert redact(text, b"k" * 32, b"chat") == once
    for finding in once.findings:
        assert 0 <= finding.start < finding.end <= len(text)
