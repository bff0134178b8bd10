"""Plots as inline SVG: no library, no script, readable on paper and in Dagster's metadata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _ROW, _LABEL = 720, 26, 240
_STYLE = 'font-family="system-ui, sans-serif" font-size="12"'


@dataclass(frozen=True, slots=True)
class Bar:
    """One interval of a forest plot; `is_marked` draws it in the colour of what counts."""

    label: str
    estimate: float
    low: float
    high: float
    is_marked: bool = False


def forest(bars: Sequence[Bar], *, title: str, margin: float | None = None) -> str:
    """Intervals around 0, one a line; the margin that matters is shaded."""
    if not bars:
        return ""
    reach = max(max(abs(bar.low), abs(bar.high)) for bar in bars) or 1.0
    reach = 1.1 * max(reach, margin or 0.0)
    height = _ROW * (len(bars) + 1) + 18

    def x(value: float) -> float:
        return _LABEL + (value + reach) / (2 * reach) * (_WIDTH - _LABEL - 10)

    parts = [_open(_WIDTH, height, title)]
    if margin:
        parts.append(
            f'<rect x="{x(-margin):.1f}" y="0" width="{x(margin) - x(-margin):.1f}" height="{height - 18}"'
            ' fill="#8884" />'
        )
    parts.append(f'<line x1="{x(0):.1f}" x2="{x(0):.1f}" y1="0" y2="{height - 18}" stroke="currentColor" />')
    for place, bar in enumerate(bars):
        y = _ROW * (place + 0.8)
        colour = "#c2410c" if bar.is_marked else "#2563eb"
        parts += [
            f'<text x="{_LABEL - 10}" y="{y + 4:.1f}" text-anchor="end" fill="currentColor">{escape(bar.label)}</text>',
            f'<line x1="{x(bar.low):.1f}" x2="{x(bar.high):.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}"'
            ' stroke-width="2" />',
            f'<circle cx="{x(bar.estimate):.1f}" cy="{y:.1f}" r="4" fill="{colour}" />',
        ]
    for value in (-reach / 1.1, 0, reach / 1.1):
        parts.append(_tick(x(value), height - 4, value))
    return "".join([*parts, "</svg>"])


def heat(categories: Sequence[str], counts: Sequence[Sequence[int]], *, title: str) -> str:
    """A confusion table: the baseline's categories in rows, shares of the row as colour."""
    size, cell = len(categories), 46
    width, height = 110 + cell * size, 30 + cell * size
    parts = [_open(width, height, title)]
    for row, (name, line) in enumerate(zip(categories, counts, strict=True)):
        total = sum(line) or 1
        y = 30 + cell * row
        parts.append(
            f'<text x="104" y="{y + cell / 2 + 4}" text-anchor="end" fill="currentColor">{escape(name)}</text>'
        )
        for column, count in enumerate(line):
            share = count / total
            parts.append(
                f'<rect x="{110 + cell * column}" y="{y}" width="{cell - 1}" height="{cell - 1}" fill="#2563eb"'
                f' fill-opacity="{share:.2f}" /><text x="{110 + cell * column + cell / 2}" y="{y + cell / 2 + 4}"'
                f' text-anchor="middle" fill="currentColor">{count}</text>'
            )
    for column, name in enumerate(categories):
        parts.append(
            f'<text x="{110 + cell * column + cell / 2}" y="22" text-anchor="middle" fill="currentColor"'
            f' font-size="9">{escape(name[:9])}</text>'
        )
    return "".join([*parts, "</svg>"])


def path(
    lows: Sequence[float], estimates: Sequence[float], highs: Sequence[float], *, title: str, margin: float
) -> str:
    """A confidence sequence over time, with 0 and the margins; infinite limits (the burn-in) are left out."""
    shown = [n for n, low in enumerate(lows) if abs(low) != float("inf")]
    if not shown:
        return ""
    width, height = _WIDTH, 220
    top = max(*(abs(lows[n]) for n in shown), *(abs(highs[n]) for n in shown), margin) * 1.05 or 1.0

    def point(n: int, value: float) -> str:
        return f"{40 + (n - shown[0]) / max(len(shown) - 1, 1) * (width - 60):.1f},{110 - value / top * 100:.1f}"

    band = " ".join([*(point(n, highs[n]) for n in shown), *(point(n, lows[n]) for n in reversed(shown))])
    line = " ".join(point(n, estimates[n]) for n in shown)
    rules = "".join(
        f'<line x1="40" x2="{width - 20}" y1="{110 - value / top * 100:.1f}" y2="{110 - value / top * 100:.1f}"'
        f' stroke="currentColor" stroke-dasharray="{dash}" />'
        for value, dash in ((0.0, "0"), (margin, "4"), (-margin, "4"))
    )
    return (
        f'{_open(width, height, title)}<polygon points="{band}" fill="#2563eb33" />'
        f'<polyline points="{line}" fill="none" stroke="#2563eb" stroke-width="2" />{rules}</svg>'
    )


def _open(width: int, height: int, title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" {_STYLE} role="img">'
        f"<title>{escape(title)}</title>"
    )


def _tick(x: float, y: float, value: float) -> str:
    return f'<text x="{x:.1f}" y="{y}" text-anchor="middle" fill="currentColor" font-size="10">{value:+.3g}</text>'
