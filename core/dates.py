"""Calendar arithmetic that every room does alike."""

from __future__ import annotations

import calendar
from datetime import date


def years_later(day: date, years: int) -> date:
    """The same day ``years`` later; 29 February becomes 28 February where there is none."""
    return months_later(day, 12 * years)


def months_later(day: date, months: int) -> date:
    """The same day ``months`` later, or the last of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
