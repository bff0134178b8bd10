"""Buckets: the published vectors, nesting and evenness."""

from evosense.experiments.assign import bucket, is_in_share


def test_published_vectors():
    assert [bucket("exp-001", f"msg-{n}") for n in (1, 2, 3)] == [5539, 9431, 2580]


def test_shares_are_even_and_nested():
    units = [f"msg-{n}" for n in range(100_000)]
    tenth = {unit for unit in units if is_in_share("exp-001", unit, 1_000)}
    fifth = {unit for unit in units if is_in_share("exp-001", unit, 2_000)}
    assert len(tenth) == 10_007
    assert tenth < fifth
    other = {unit for unit in units if is_in_share("exp-002", unit, 1_000)}
    assert 800 < len(tenth & other) < 1_200
