"""A card for people and for tools: HTML with plots, Markdown, CSV, Parquet. Aggregates only, never a message."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from html import escape
from typing import Any

import polars as pl

from evosense.errors import InvalidInput
from evosense.experiments.card import Calibration, Card, Effect, Slice
from evosense.experiments.plots import Bar, forest, heat

_CSS = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: .5rem 0 1.5rem }
th, td { text-align: right; padding: .2rem .6rem; border-bottom: 1px solid #8884 }
th:first-child, td:first-child { text-align: left }
.verdict { font-size: 1.2rem; padding: .8rem 1rem; border-left: 6px solid #888 }
.pass { border-color: #15803d }
.fail { border-color: #b91c1c }
.undecided { border-color: #b45309 }
code { overflow-wrap: anywhere }
svg { max-width: 100% }
"""


def effects_table(card: Card) -> pl.DataFrame:
    """One row per measure."""
    return pl.DataFrame([asdict(effect) for effect in card.effects])


def slices_table(card: Card) -> pl.DataFrame:
    """One row per slice, smallest adjusted p first."""
    schema = None if card.slices else {"dimension": pl.String, "value": pl.String, "adjusted_p": pl.Float64}
    return pl.DataFrame([asdict(part) for part in card.slices], schema=schema)


def to_csv(card: Card) -> str:
    """Measures and slices as CSV."""
    return f"{effects_table(card).write_csv()}\n{slices_table(card).write_csv()}"


def to_parquet(card: Card) -> bytes:
    """Measures and slices in one Parquet file: the column `part` tells them apart."""
    parts = [effects_table(card).with_columns(part=pl.lit("measure"))]
    if card.slices:
        parts.append(slices_table(card).with_columns(part=pl.lit("slice")))
    buffer = io.BytesIO()
    pl.concat(parts, how="diagonal_relaxed").write_parquet(buffer)
    return buffer.getvalue()


def in_form(card: Card, form: str, *, report_hash: str = "") -> bytes:
    """A card as `html`, `csv`, `md` or `parquet`. Raises InvalidInput for anything else."""
    forms: dict[str, Callable[[], bytes]] = {
        "html": lambda: to_html(card, report_hash=report_hash).encode(),
        "csv": lambda: to_csv(card).encode(),
        "md": lambda: to_markdown(card).encode(),
        "parquet": lambda: to_parquet(card),
    }
    if form not in forms:
        message = f"a report is written as {', '.join(forms)} or json, not {form or 'a file without an ending'}"
        raise InvalidInput(message)
    return forms[form]()


def to_markdown(card: Card) -> str:
    """Verdict, gates and measures, as Dagster shows them in metadata."""
    head = ("measure", "A", "B", "delta", "interval", "p", "DEFF", "chats", "moves (A/A)")
    gates = [(gate.name, gate.outcome, gate.reason) for gate in card.gates]
    return "\n\n".join(
        [
            f"**{card.verdict}**",
            _markdown(("gate", "outcome", "numbers"), gates),
            _markdown(head, [_effect_cells(effect) for effect in card.effects]),
        ]
    )


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def _effect_cells(effect: Effect) -> list[str]:
    return [
        effect.measure,
        f"{effect.mean_a:.4g}",
        f"{effect.mean_b:.4g}",
        f"{effect.delta:+.4g}",
        f"{effect.low:+.4g} … {effect.high:+.4g}",
        f"{effect.adjusted_p:.3g}",
        f"{effect.deff:.2f}",
        _chats(effect),
        # How far a message's number moves, and how far the baseline's own does when it is asked twice.
        f"{effect.moved:.3g} ({'never asked twice' if effect.noise_floor is None else f'{effect.noise_floor:.3g}'})",
    ]


def _chats(counted: Effect | Slice) -> str:
    """What a p stands on beside its design effect."""
    return f"{counted.chats} ({counted.effective_chats:.0f} effective, ICC {counted.icc:.2f})"


def to_html(card: Card, *, report_hash: str = "") -> str:
    """The whole card as one page that needs nothing else."""
    sections = [
        f'<p class="verdict {card.outcome}">{escape(card.verdict)}</p>',
        _section("Gates", _table(("gate", "outcome", "numbers"), [(g.name, g.outcome, g.reason) for g in card.gates])),
        _section("Measures", _measures(card)),
        _section("Rates", _rates(card)),
        _section("Latency, ms", _latency(card)),
        _section("Agreement", _agreement(card)),
        _section("Confusion", "".join(_confusion(card))),
        _section("Slices", _slices(card)),
        _section("Against people", _people(card)),
        _section("Against outcomes", _outcomes(card)),
        _section("What it stands on", _coverage(card, report_hash)),
    ]
    title = f"{card.candidate.label} against {card.baseline.label}"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_CSS}</style></head><body><h1>{escape(title)}</h1>{''.join(sections)}</body></html>"
    )


def _section(title: str, body: str) -> str:
    return f"<h2>{title}</h2>{body}" if body else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = ["".join(f"<td>{escape(str(cell))}</td>" for cell in row) for row in rows]
    if not lines:
        return ""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    return f"<table><tr>{top}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _measures(card: Card) -> str:
    primary = card.primary
    bars = [Bar(f"{primary.measure} (all)", primary.delta, primary.low, primary.high)]
    bars += [Bar(f"{s.dimension} {s.value}"[:34], s.delta, s.low, s.high, s.is_claimed) for s in card.slices[:12]]
    head = ("measure", "A", "B", "delta", "interval", "p (sign-flip, Holm)", "DEFF", "chats", "moves (A/A)")
    rows = [_effect_cells(effect) for effect in card.effects]
    plot = forest(bars, title=f"{primary.measure}, candidate minus baseline", margin=card.question.margin)
    return _table(head, rows) + plot + _noise(card)


def _noise(card: Card) -> str:
    floor = card.noise_floor
    if floor is None:
        return "<p>No noise floor: the champion scored no message of this set twice.</p>"
    return (
        f"<p>Noise floor: the champion disagrees with itself on {floor.self_disagreement:.1%} of emotions, with the"
        f" candidate on {floor.cross_disagreement:.1%}; excess {floor.excess:+.1%}"
        f" [{floor.low:+.1%}, {floor.high:+.1%}], p {floor.p:.3g}, {floor.n} messages.</p>"
    )


def _rates(card: Card) -> str:
    head = ("rate", "A", "B", "difference", "interval (Newcombe)", "gained / lost", "p (McNemar, clustered)")
    return _table(
        head,
        [
            (
                r.measure,
                f"{r.rate_a:.2%}",
                f"{r.rate_b:.2%}",
                f"{r.delta:+.2%}",
                f"{r.low:+.2%} … {r.high:+.2%}",
                f"{r.gained} / {r.lost}",
                f"{r.p:.3g}",
            )
            for r in card.rates
        ],
    )


def _latency(card: Card) -> str:
    rows = [
        (f"p{q.share * 100:g}", f"{q.a:.0f}", f"{q.b:.0f}", f"{q.delta:+.1f}", f"{q.low:+.1f} … {q.high:+.1f}")
        for q in card.latency
    ]
    return _table(("percentile", "A", "B", "difference", "interval"), rows)


def _agreement(card: Card) -> str:
    rows = [(c.name, f"{c.estimate:.3f}", f"{c.low:.3f} … {c.high:.3f}", c.n) for c in card.agreement]
    return _table(("coefficient", "estimate", "interval", "messages"), rows)


def _confusion(card: Card) -> list[str]:
    return [heat(c.categories, c.counts, title=f"{c.column}: baseline in rows") for c in card.confusions]


def _slices(card: Card) -> str:
    rows = [
        (
            f"{s.dimension} {s.value}",
            s.n,
            _chats(s),
            f"{s.deff:.2f}",
            f"{s.delta:+.4g}",
            f"{s.low:+.4g} … {s.high:+.4g}",
            f"{s.shrunken:+.4g}",
            f"{s.adjusted_p:.3g}",
        )
        for s in card.slices[:40]
    ]
    head = ("slice", "messages", "chats", "DEFF", "delta", "interval", "shrunken", "p (Benjamini-Hochberg)")
    return _table(head, rows)


def _people(card: Card) -> str:
    c = card.calibration
    if c is None:
        return ""
    return (
        f"<p>{c.labels} labelled messages. Mean absolute error {c.mae_a:.3f} (A), {c.mae_b:.3f} (B), difference"
        f" {c.mae_delta:+.3f} [{c.mae_low:+.3f}, {c.mae_high:+.3f}], p {c.mae_p:.3g}. Bias {c.bias_a:+.3f} (A),"
        f" {c.bias_b:+.3f} (B). People would give {c.truth:+.3f} on average"
        f" [{c.truth_low:+.3f}, {c.truth_high:+.3f}].{_calibrated(c)}</p>"
    )


def _calibrated(c: Calibration) -> str:
    if c.calibrated_mae_a is None or c.calibrated_mae_b is None:
        return ""
    return (
        f" With each scale bent to the people's first, the error is {c.calibrated_mae_a:.3f} (A) and"
        f" {c.calibrated_mae_b:.3f} (B)."
    )


def _outcomes(card: Card) -> str:
    rows = [
        (
            v.outcome,
            v.chats,
            v.events,
            f"{v.auc_a:.3f}",
            f"{v.auc_b:.3f}",
            f"{v.delta:+.3f}",
            f"{v.low:+.3f} … {v.high:+.3f}",
        )
        for v in card.validity
    ]
    return _table(("outcome", "chats", "events", "AUC A", "AUC B", "difference", "interval"), rows)


def _coverage(card: Card, report_hash: str) -> str:
    c = card.coverage
    rows = [
        ("report", report_hash),
        ("dataset", card.dataset_hash),
        ("baseline", card.baseline.prompt_hash),
        ("candidate", card.candidate.prompt_hash),
        ("model", card.candidate.config_hash),
        ("messages", f"{c.items}, {c.paired} scored by both, {c.chats} chats"),
        ("answers of A", ", ".join(f"{name} {count}" for name, count in c.statuses_a.items())),
        ("answers of B", ", ".join(f"{name} {count}" for name, count in c.statuses_b.items())),
        ("rank statistics on", f"{c.rank_subsample} messages"),
        ("seed", card.seed),
    ]
    return _table(("what", "value"), rows)
