"""The audit tells apart: vulnerable, clean, and not audited at all."""

import json

import pytest

from tests.dependency_audit import judge_node, judge_python

CLEAN = {"name": "a", "version": "1", "vulns": []}
BAD = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1"}, {"id": "CVE-2"}]}
SKIPPED = {"name": "c", "skip_reason": "not found"}


def test_a_vulnerable_package_is_named():
    verdict = judge_python(json.dumps({"dependencies": [CLEAN, BAD, SKIPPED]}))
    assert verdict.vulnerable == ("b 2 (CVE-1, CVE-2)",)
    assert verdict.say("Python") == "Python: 2 packages audited, 1 could not be looked up: b 2 (CVE-1, CVE-2)"


@pytest.mark.parametrize("report", ["", "no JSON", "{}", json.dumps({"dependencies": [SKIPPED]})])
def test_nothing_audited_is_never_called_clean(report):
    verdict = judge_python(report)
    assert verdict.audited == 0
    assert "NOT AUDITED" in verdict.say("Python")
    assert "no known vulnerability" in judge_python(json.dumps({"dependencies": [CLEAN]})).say("Python")


def test_the_same_for_npm():
    found = {"vulnerabilities": {"x": {"severity": "high"}}, "metadata": {"dependencies": {"total": 3}}}
    assert judge_node(json.dumps(found)).vulnerable == ("x (high)",)
    clean = judge_node(json.dumps({"vulnerabilities": {}, "metadata": {"dependencies": {"total": 3}}}))
    assert clean.say("Node") == "Node: 3 packages audited: no known vulnerability"
    assert "NOT AUDITED" in judge_node(json.dumps({"statusCode": 405})).say("Node")
