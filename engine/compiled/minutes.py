"""The minute bars that each leg can meet: where they stand in the panel's table, for all parameter points once.

Bars are not copied: a window knows the first and the last of each session, so that points of another reaction time, or
another time to give up, differ in a few numbers for each leg, and memory does not grow with legs.
"""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8, I4, I8, Bool
from ...data.minutes.minutes import MINUTE_BAR, Minutes
from ..machine.code import Effort, by_effort
from ..njit import compiled, inlined

AT_AUCTIONS = -1  # in the place of a minute, of a leg that enters at auctions only
NO_BARS = -1  # in the place of a session of the minutes: there are none
BLOCK = 16  # bars whose lowest and highest price are known together
FINDING = Effort(unit=8e-6, compiling=1.0)  # a row of the windows


class MinuteTables:
    """The minutes of a panel as compiled code reads them."""

    def __init__(self, minutes: Minutes) -> None:
        self.minutes = minutes

    @cached_property
    def bars(self) -> NDArray[Any]:
        """All bars (MINUTE_BAR), read-only."""
        bars = np.require(self.minutes.bars, MINUTE_BAR, ["C", "A"]).view()
        bars.flags.writeable = False
        return bars

    @cached_property
    def extremes(self) -> F8:
        """Lowest and highest price of each session that has bars, (M, 2)."""
        return self._extremes(self.minutes.first[:-1])

    @cached_property
    def block(self) -> F8:
        """The same of each BLOCK bars of the table."""
        return self._extremes(np.arange(0, len(self.minutes.bars), BLOCK))

    def _extremes(self, starts: I8) -> F8:
        bars = self.minutes.bars
        if not len(bars):
            return np.empty((0, 2))
        low, high = np.fmin(bars["low"], bars["open"]), np.fmax(bars["high"], bars["open"])
        return np.column_stack([np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)])

    def met(
        self, leg: NDArray[Any], rows: tuple[int, int], sessions: tuple[Bool, I4], wait: int, give_up: float
    ) -> tuple[I4, I4, F8]:
        """`Windows.span`, `held_span` and `held_range` of legs (LEG_WINDOW), of as many `rows` as entries and holdings need.

        `sessions`: whether exchanges are open and how many sessions they have done, (exchanges, T); `wait` −1 means each
        leg's own. In the first session an entry meets the bars that start at its minute or later, in `wait` later ones
        all; in each until `give_up` minutes after the first that it meets.
        """
        span, held = (np.zeros((n, 2), np.int32) for n in rows)
        within, minutes = np.zeros((rows[1], 2)), self.minutes
        if max(rows):
            places, tables = (minutes.key, minutes.first, minutes.codes), (self.bars, self.extremes)
            find = by_effort(_find, FINDING, max(rows))
            find(leg, places, tables, sessions, (wait, give_up), (span, held, within))
        return span, held, within


@inlined
def range_of(bar: Any) -> tuple[float, float]:
    """Lowest and highest price of a bar, its open among them where it is known."""
    low, high, first = bar["low"], bar["high"], bar["open"]
    return (first if first < low else low), (first if first > high else high)


@compiled
def first_from(bars: NDArray[Any], a: int, b: int, minute: float) -> int:
    """The first of the bars from `a` to `b` that starts at a minute or later, `b` where none does."""
    while a < b:
        middle = (a + b) // 2
        if bars[middle]["start"] < minute:
            a = middle + 1
        else:
            b = middle
    return a


@compiled
def _session_of(keys: I8, key: int) -> int:
    """Where a key stands among the ascending ones, or NO_BARS."""
    a, b = 0, len(keys)
    while a < b:
        middle = (a + b) // 2
        if keys[middle] < key:
            a = middle + 1
        else:
            b = middle
    return a if a < len(keys) and keys[a] == key else NO_BARS


@compiled
def _find(
    leg: NDArray[Any],
    places: tuple[I8, I8, int],
    tables: tuple[NDArray[Any], F8],
    sessions: tuple[Bool, I4],
    until: tuple[int, float],
    into: tuple[I4, I4, F8],
) -> None:
    """Fill the spans; `places` are key, first bar and codes of `Minutes`, `tables` its bars and extremes, `until` wait and give_up."""
    keys, first, codes = places
    bars, extremes = tables
    is_open, done = sessions
    span, held, within = into
    for k in range(len(leg)):
        e, i, row, minute = leg[k]["exchange"], leg[k]["code"], leg[k]["row"], leg[k]["minute"]
        wait = until[0] if until[0] >= 0 else leg[k]["wait"]
        enters = len(span) > 0 and minute != AT_AUCTIONS
        first_try = done[e, row] + (0 if is_open[e, row] else 1)
        for j in range(leg[k]["length"] if enters or len(held) > 0 else 0):
            t, r = row + j, leg[k]["start"] + j
            if not is_open[e, t]:
                continue
            m = _session_of(keys, np.int64(t) * codes + i)
            if m == NO_BARS:
                continue
            a, b = first[m], first[m + 1]
            if len(held) > 0:
                held[r, 0], held[r, 1] = a, b
                within[r, 0], within[r, 1] = extremes[m, 0], extremes[m, 1]
            if enters and done[e, t] - first_try <= wait:
                a = first_from(bars, a, b, minute) if j == 0 else a
                if a < b:
                    span[r, 0], span[r, 1] = a, first_from(bars, a, b, bars[a]["start"] + until[1])
