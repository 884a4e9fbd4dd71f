"""Output of every benchmark: a table, one line of JSON at the end, and a plain SVG chart."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

_WIDTH: Final = 720
_HEIGHT: Final = 420
_LEFT: Final = 70
_RIGHT: Final = 150
_TOP: Final = 40
_BOTTOM: Final = 50
_COLOURS: Final = ("#0b6e99", "#d9730d", "#448361", "#9065b0", "#c14c8a", "#787774")

Point = tuple[float, float]


def print_table(rows: Sequence[Mapping[str, object]]) -> None:
    """Print rows of equal keys below their names."""
    if not rows:
        return
    names = list(rows[0])
    cells = [[_cell(row[name]) for name in names] for row in rows]
    widths = [max(len(name), *(len(line[i]) for line in cells)) for i, name in enumerate(names)]
    for line in [names, *cells]:
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))


def print_json(figures: Mapping[str, object]) -> None:
    """Print the named figures as one line of JSON; call it last."""
    print(json.dumps(figures, separators=(",", ":")))


def write_chart(path: Path, title: str, axes: tuple[str, str], lines: Mapping[str, Sequence[Point]]) -> None:
    """Draw lines over two logarithmic axes; `axes` names x and y, and `lines` maps a name to its points."""
    points = [point for line in lines.values() for point in line]
    spans = [_decades([point[axis] for point in points]) for axis in (0, 1)]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"',
        f'aria-label="{title}" font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_LEFT}" y="24" font-size="15">{title}</text>',
        *_grid(axes, spans),
    ]
    for number, (name, line) in enumerate(lines.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        places = [(_x(x, spans[0]), _y(y, spans[1])) for x, y in sorted(line)]
        track = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{track}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        x, y = places[-1]
        parts.append(f'<text x="{x + 8:.1f}" y="{y + 4:.1f}" fill="{colour}">{name}</text>')
    path.write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")


def _grid(axes: tuple[str, str], spans: list[tuple[int, int]]) -> list[str]:
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    parts = []
    for exponent in range(spans[0][0], spans[0][1] + 1):
        x = _x(10.0**exponent, spans[0])
        parts.append(f'<path d="M{x:.1f} {_TOP}V{bottom}" stroke="#ddd"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{_power(exponent)}</text>')
    for exponent in range(spans[1][0], spans[1][1] + 1):
        y = _y(10.0**exponent, spans[1])
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{right}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_power(exponent)}</text>')
    across, down = (_LEFT + right) / 2, (_TOP + bottom) / 2
    parts.append(f'<text x="{across}" y="{_HEIGHT - 10}" text-anchor="middle">{axes[0]}</text>')
    turned = f'text-anchor="middle" transform="rotate(-90 18 {down})"'
    parts.append(f'<text x="18" y="{down}" {turned}>{axes[1]}</text>')
    return parts


def _decades(values: Sequence[float]) -> tuple[int, int]:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _x(value: float, span: tuple[int, int]) -> float:
    share = (math.log10(value) - span[0]) / (span[1] - span[0])
    return _LEFT + share * (_WIDTH - _RIGHT - _LEFT)


def _y(value: float, span: tuple[int, int]) -> float:
    share = (math.log10(value) - span[0]) / (span[1] - span[0])
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _BOTTOM - _TOP)


def _power(exponent: int) -> str:
    return f"{10**exponent:,}" if 0 <= exponent <= 7 else f"{10.0**exponent:g}"


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
