"""The spelling of excluded intervals of a clip, in seconds: `0-5.5,60-62.25`."""

import re
from typing import Final

from registry.domain.job import MAX_EXCLUDED

_TIME: Final = r"(0|[1-9][0-9]{0,5})(\.[0-9]{1,3})?"  # up to 11 days, in steps of 1 ms
_PART: Final = f"{_TIME}-{_TIME}"
EXCLUDED_PATTERN: Final = f"({_PART}(,{_PART}){{0,{MAX_EXCLUDED - 1}}})?"
MAX_CHARACTERS: Final = MAX_EXCLUDED * len("999999.999-999999.999,")
_SPELLED: Final = re.compile(EXCLUDED_PATTERN, re.ASCII)


def parse_excluded(text: str) -> tuple[tuple[int, int], ...]:
    """Return the intervals as pairs of start and end, in milliseconds. An empty text means no intervals.

    Raises:
        ValueError: the text has another spelling, is too long, or an interval does not end after its start.
    """
    if len(text) > MAX_CHARACTERS or _SPELLED.fullmatch(text) is None:
        raise ValueError(f"spell at most {MAX_EXCLUDED} parts as start-end in seconds: 0-5.5,60-62.25")
    parts = [tuple(map(_milliseconds, part.split("-"))) for part in text.split(",") if part]
    if any(end <= start for start, end in parts):
        raise ValueError("a part ends after it starts")
    return tuple((start, end) for start, end in parts)


def _milliseconds(text: str) -> int:
    whole, _, rest = text.partition(".")
    return int(whole) * 1000 + int(rest.ljust(3, "0"))
