"""The definitions load, and the decisions inside them hold."""

from collections import Counter
from datetime import UTC, date, datetime

import dagster as dg

from evosense.scoring.days import DayCoverage
from evosense.scoring.ledger import DayTotals, Ledger
from evosense.scoring.models import Done
from orchestration.definitions import defs
from orchestration.defs.scoring.checks import judge_coverage
from orchestration.defs.scoring.drain import materialisations
from orchestration.defs.scoring.sensors import DrainRun, needs_drain
from orchestration.partitions import LOCAL_DAYS

DAY = date(2026, 11, 10)


def test_everything_resolves():
    repository = defs.get_repository_def()
    assert {"drain_job", "check_scores"} <= set(repository.job_names)
    keys = {key.to_user_string() for key in repository.asset_graph.get_all_asset_keys()}
    assert {"drain", "message_scores", "message_embeddings"} <= keys
    assert repository.get_sensor_def("keep_draining").minimum_interval_seconds == 5


def test_today_is_a_partition():
    assert LOCAL_DAYS.get_last_partition_key() >= datetime.now(UTC).date().isoformat()


def test_a_drain_is_needed_only_when_none_has_time_left():
    def needed(*ages):
        runs = [DrainRun(waiting_seconds=5 if age is None else age, age_seconds=age, is_present=True) for age in ages]
        return needs_drain(runs, run_seconds=1800, overlap_seconds=30)

    assert needed()
    assert not needed(None)  # still starting
    assert not needed(10)
    assert not needed(1769)
    assert needed(1771)
    assert not needed(1790, None)  # its successor starts
    assert not needed(1790, 5)
    assert needed(1790, 1795)


def test_a_run_that_never_started_or_whose_process_is_gone_does_not_count():
    def needed(**run):
        return needs_drain([DrainRun(**run)], run_seconds=1800, overlap_seconds=30)

    assert needed(waiting_seconds=91, age_seconds=None, is_present=False)
    assert needed(waiting_seconds=70, age_seconds=60, is_present=False)
    assert not needed(waiting_seconds=30, age_seconds=20, is_present=False)  # it may still connect
    assert DrainRun(70, 60, is_present=False).is_lost
    assert not DrainRun(70, 60, is_present=True).is_lost
    assert not DrainRun(200, None, is_present=False).is_lost  # Dagster's own start timeout ends it


def test_the_ledger_tells_at_most_once_a_minute_and_only_of_days_that_changed():
    ledger = Ledger(60)
    assert ledger.due_in(0) is None
    ledger.add([Done("score", DAY, "ok", 10, 5), Done("score", DAY, "retried"), Done("score", None, "skipped")], 0)
    ledger.add([Done("score", DAY, "invalid", 30, 7, 120), Done("embed", DAY, "retried")], 40)
    assert ledger.due_in(40) == 20
    [(kind, day, totals)] = ledger.take()
    assert (kind, day, ledger.settled) == ("score", DAY, 2)
    assert totals.statuses == Counter(ok=1, retried=1, invalid=1)
    assert totals.as_metadata()["latency_p95_ms"] == 30
    assert totals.as_metadata()["cost_usd"] == 0.00012
    assert ledger.due_in(100) is None
    assert ledger.take() == []


def test_materialisations_name_the_asset_and_day_and_hold_numbers_only():
    [event] = materialisations([("embed", DAY, DayTotals(Counter(ok=3)))])
    assert event.asset_key == dg.AssetKey("message_embeddings")
    assert event.partition == "2026-11-10"
    assert event.metadata["messages"].value == 3
    assert all(isinstance(entry.value, int | float) for entry in event.metadata.values())


def test_coverage_check():
    def judged(**counts):
        return judge_coverage([DayCoverage(DAY, **counts)]).passed

    assert judge_coverage([]).passed
    assert judged(eligible=100, scored=96, unusable=1, failed=1, waiting=2)
    assert not judged(eligible=100, scored=97, unusable=0, failed=0, waiting=3)
