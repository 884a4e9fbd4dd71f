"""The window within which questions and people are counted."""

from datetime import date, timedelta
from typing import Final

WINDOW_DAYS: Final = 7


def oldest_day(today: date) -> date:
    """Return the first day of the window."""
    return today - timedelta(days=WINDOW_DAYS - 1)
