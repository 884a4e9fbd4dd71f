"""Parts of a clip that are not registered: how they are spelled, `0-5.5,60-62.25` in seconds."""

import re
from typing import Final

from registry.domain.job import MAX_EXCLUDED

_TIME: Final = r"(0|[1-9][0-9]{0,5})(\.[0-9]{1,3})?"  # up to eleven days, to the millisecond
_PART: Final = f"{_TIME}-{_TIME}"
EXCLUDED_PATTERN: Final = f"({_PART}(,{_PART}){{0,{MAX_EXCLUDED - 1}}})?"
MAX_CHARACTERS: Final = MAX_EXCLUDED * len("999999.999-999999.999,")
_SPELLED: Final = re.compile(EXCLUDED_PATTERN, re.ASCII)


def parse_excluded(text: str) -> tuple[tuple[int, int], ...]:
    """Reads parts as start and end in milliseconds; an empty text is none of them. Raises `ValueError`."""
    if len(text) > MAX_CHARACTERS or _SPELLED.fullmatch(text) is None:
        raise ValueError(f"spell at most {MAX_EXCLUDED} parts as start-end in seconds: 0-5.5,60-62.25")
    parts = [tuple(map(_milliseconds, part.split("-"))) for part in text.split(",") if part]
    if any(end <= start for start, end in parts):
        raise ValueError("a part ends after it starts")
    return tuple((start, end) for start, end in parts)


def _milliseconds(text: str) -> int:
    whole, _, rest = text.partition(".")
    return int(whole) * 1000 + int(rest.ljust(3, "0"))
