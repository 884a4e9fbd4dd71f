"""A DET plot: the share of genuine faces missed over the share of impostors accepted, both logarithmic."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Final

Point = tuple[float, float]

_WIDTH: Final = 640
_HEIGHT: Final = 420
_LEFT: Final = 70
_RIGHT: Final = 20
_TOP: Final = 70
_BOTTOM: Final = 50
_FARS: Final = (-6, -2)  # powers of 10
_MISSED: Final = (-3, 0)
_COLOURS: Final = ("#0b6e99", "#d9730d", "#448361", "#9065b0")


def write_det(path: Path, title: str, lines: Mapping[str, Sequence[Point]]) -> None:
    """Draw a line for each name through its points of FAR and share missed; a line with no misses ends at the edge."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"',
        f'aria-label="{escape(title)}" font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="10" y="24" font-size="15">{escape(title)}</text>',
        *_grid(),
    ]
    for number, (name, line) in enumerate(lines.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        track = " ".join(f"{_x(far):.1f},{_y(missed):.1f}" for far, missed in sorted(line))
        parts.append(f'<polyline points="{track}" fill="none" stroke="{colour}" stroke-width="2"/>')
        x = _LEFT + 190 * number
        parts.append(f'<path d="M{x} 48h24" stroke="{colour}" stroke-width="3"/>')
        parts.append(f'<text x="{x + 30}" y="52">{escape(name)}</text>')
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")


def _grid() -> list[str]:
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    parts = []
    for power in range(_FARS[0], _FARS[1] + 1):
        x = _x(10.0**power)
        parts.append(f'<path d="M{x:.1f} {_TOP}V{bottom}" stroke="#ddd"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{10.0**power:g}</text>')
    for power in range(_MISSED[0], _MISSED[1] + 1):
        y = _y(10.0**power)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{right}" stroke="#ddd"/>')
        parts.append(
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{100 * 10.0**power:g} %</text>'
        )
    across, down = (_LEFT + right) / 2, (_TOP + bottom) / 2
    parts.append(
        f'<text x="{across:.0f}" y="{_HEIGHT - 10}" text-anchor="middle">strangers accepted (FAR)</text>'
    )
    turned = f'text-anchor="middle" transform="rotate(-90 18 {down:.0f})"'
    parts.append(f'<text x="18" y="{down:.0f}" {turned}>subjects missed</text>')
    return parts


def _x(far: float) -> float:
    return _LEFT + _place(far, _FARS) * (_WIDTH - _RIGHT - _LEFT)


def _y(missed: float) -> float:
    return _HEIGHT - _BOTTOM - _place(missed, _MISSED) * (_HEIGHT - _BOTTOM - _TOP)


def _place(value: float, powers: tuple[int, int]) -> float:
    low, high = powers
    share = (math.log10(max(value, 10.0**low)) - low) / (high - low)
    return min(1.0, share)
