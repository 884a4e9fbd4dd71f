"""Labels: a tenant's own words on its cases and checks, such as `wave-3` or `second-look`.

Labels hold no personal data: they are ids of the tenant's own, in few characters, and what looks like an address or a
telephone number is refused. Nobody else sees them, and nothing follows from them.
"""

import re
from typing import Final

from registry.errors import LabelRefused

MAX_LABELS: Final = 16
"""Labels of one case or check."""

MAX_CHARACTERS: Final = 32
MAX_DIGITS: Final = 8
"""Digits of a label, enough for a date. Telephone numbers have more."""

_SHAPE: Final = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{MAX_CHARACTERS - 1}}}", re.ASCII)
_SPELLED_ADDRESS: Final = re.compile(
    r"(^|-)at-.*-(com|net|org|kr|de|fr|uk|io|mail|gmail)($|-)|gmail|hotmail|e-?mail-"
)
_ADVICE: Final = (
    f"A label has 1 to {MAX_CHARACTERS} small letters, digits and hyphens, at most {MAX_DIGITS} digits, and is no"
    " address, number or name of anybody."
)


def label_of(text: str) -> str:
    """Return the label; raise `LabelRefused`."""
    if (
        _SHAPE.fullmatch(text) is None
        or sum(map(str.isdigit, text)) > MAX_DIGITS
        or _SPELLED_ADDRESS.search(text) is not None
    ):
        raise LabelRefused(_ADVICE)
    return text


def require_room(labels: tuple[str, ...], label: str) -> None:
    """Raise `LabelRefused` if one more label is too many."""
    if label not in labels and len(labels) >= MAX_LABELS:
        raise LabelRefused(f"A case or check has at most {MAX_LABELS} labels: remove one first.")
