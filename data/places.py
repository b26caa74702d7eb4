"""Where days lie among others: what numpy's searchsorted and isin answer, at once where there is little to look for.

A market asks thousands of times, nearly always about an unbroken stretch of sessions and about no named day at all.
"""

import numpy as np

from .arrays import Bool, Days, Rows


def rows_among(days: Days, calendar: Days) -> Rows:
    """Row of each day in `calendar` (ascending), that of the first later one where it has none; (n,)."""
    if len(days):
        start = int(np.searchsorted(calendar, days[0]))
        if np.array_equal(calendar[start : start + len(days)], days):
            return np.arange(start, start + len(days))
    return np.searchsorted(calendar, days)


def are_among(days: Days, named: Days) -> Bool:
    """Which days are one of those `named`, (n,)."""
    return np.isin(days, named) if len(named) else np.zeros(len(days), np.bool_)
