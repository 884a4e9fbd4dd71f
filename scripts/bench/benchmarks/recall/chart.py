"""A chart of all kinds: the shares that PDQ alone finds, that the registry finds, and that it would block."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks.recall.figures import Recall

_WIDTH: Final = 760
_LEFT: Final = 190
_RIGHT: Final = 30
_TOP: Final = 70
_ROW: Final = 15
_FOUND: Final = "#0b6e99"
_TIGHT: Final = "#8fc7e0"
_PDQ: Final = "#d9730d"


def write_bars(path: Path, title: str, kinds: Mapping[str, Recall]) -> None:
    """Draw a bar for each kind, in ascending order of the share found, with a mark for PDQ alone."""
    height = _TOP + _ROW * len(kinds) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img"',
        f'aria-label="{title}" font-family="sans-serif" font-size="11">',
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
        f'<text x="10" y="24" font-size="15">{title}</text>',
        *_legend(),
    ]
    for tenth in range(0, 11, 2):
        x = _x(tenth / 10)
        parts.append(f'<path d="M{x:.1f} {_TOP - 8}V{height - 26}" stroke="#ddd"/>')
        parts.append(f'<text x="{x:.1f}" y="{height - 10}" text-anchor="middle">{10 * tenth} %</text>')
    for number, (name, one) in enumerate(sorted(kinds.items(), key=lambda item: item[1].found)):
        y = _TOP + _ROW * number
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 10}" text-anchor="end">{name}</text>')
        parts.append(_bar(y + 1, one.found, _FOUND))
        parts.append(_bar(y + 1, one.tight, _TIGHT))
        parts.append(
            f'<rect x="{_x(one.pdq) - 1.5:.1f}" y="{y}" width="3" height="{_ROW - 2}" fill="{_PDQ}"/>'
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")


def _legend() -> list[str]:
    named = ((_FOUND, "found"), (_TIGHT, "of these tight: may block"), (_PDQ, "found by PDQ alone"))
    parts = []
    for number, (colour, text) in enumerate(named):
        x = _LEFT + 180 * number
        parts.append(f'<rect x="{x}" y="38" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{x + 18}" y="48">{text}</text>')
    return parts


def _bar(y: float, share: float, colour: str) -> str:
    width = _x(share) - _LEFT
    return f'<rect x="{_LEFT}" y="{y}" width="{width:.1f}" height="{_ROW - 4}" fill="{colour}"/>'


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)
