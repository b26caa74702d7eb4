"""A leg that is held asks for nothing until its next event: its value is booked up to there at once.

The event is the day its hold ends, the session after a close that says stop, target or trail, a bar that touches one,
an ex-date, a delisting, or the end of the leg's window.
"""

import numpy as np

from ..data.panel import TRADING
from . import kernel, market
from .agenda import put_on_list
from .compiled import njit
from .market import Point, Rules, Windows
from .orders import leg_rules, touched
from .records import (
    ACTION,
    BASIS,
    COVERS,
    DUE,
    ENTERING,
    ENTRIES,
    EXIT,
    FULL,
    HELD,
    LONGS,
    LOOKED,
    OWED,
    PEAK,
    PEAK_THEN,
    PLAIN,
    SELLS,
    SHORTS,
    State,
)


@njit(_nrt=False, inline="always")
def _first_signal(w: Windows, p: Point, s: State, k: int, r: int, stop: int) -> int:
    """First row from `r` on, before `stop`, whose close says get out, which is noted; `stop` when none does."""
    side = w.real[k, market.SIDE]
    levels = kernel.exit_levels(side, s.leg[k, BASIS], leg_rules(w, p, k))
    peak = side * s.leg[k, PEAK]
    for q in range(r, stop):
        close = side * w.shut[np.uint64(q)]
        why = kernel.close_signal(close, peak, levels)
        if why >= 0:
            s.mark[k, EXIT] = why
            stop = q
            break
        if close > peak:
            peak = close
    s.leg[k, PEAK] = side * peak
    return stop


@njit(_nrt=False)
def _first_touch(w: Windows, p: Point, s: State, k: int, r: int, stop: int) -> int:
    """First row after `r`, before `stop`, whose bar touches a rule; `stop` when none does."""
    while True:
        if w.shut[r] == w.shut[r]:
            if w.real[k, market.SIDE] > 0.0:
                s.leg[k, PEAK] = max(s.leg[k, PEAK], w.bar[r, market.HIGH])
            else:
                s.leg[k, PEAK] = min(s.leg[k, PEAK], w.bar[r, market.LOW])
        r += 1
        if r >= stop:
            return stop
        if w.bar[r, market.STATUS] == TRADING and touched(w, s, p, k, r)[0] >= 0:
            return r


@njit(_nrt=False)
def forget_ahead(w: Windows, rules: Rules, p: Point, s: State, k: int, t: int) -> None:
    """Bring a leg that was looked ahead for back to how it stands in row t."""
    base = w.whole[k, market.START] - w.whole[k, market.ROW]
    s.leg[k, PEAK], s.mark[k, EXIT] = s.leg[k, PEAK_THEN], -1
    if rules.on_touch:
        _first_touch(w, p, s, k, base + s.mark[k, LOOKED], base + t)
    else:
        _first_signal(w, p, s, k, base + s.mark[k, LOOKED], base + t)


@njit(_nrt=False, inline="always")
def _next_change(w: Windows, s: State, k: int, t: int) -> int:
    """First row after t in which something happens to leg k that is not an order of its own."""
    a = s.mark[k, ACTION]
    while a >= 0 and w.action_row[a] <= t:
        a = w.action_next[a]
    s.mark[k, ACTION] = a
    ends = w.whole[k, market.ENDS]
    return min(ends, w.action_row[a]) if a >= 0 else ends


@njit(_nrt=False, inline="always")
def _hold(w: Windows, s: State, k: int, r: int, t: int, n: int) -> None:
    """Add the value of leg k to the rows from t to t + n; r: row t of its window."""
    held = s.leg[k, HELD]
    part = LONGS if held > 0.0 else SHORTS
    shares = abs(held)
    for j in range(n):
        s.value[np.uint64(t + j), part] += shares * w.worth[np.uint64(r + j)]
    if w.borrows and part == SHORTS:
        for j in range(n):
            s.value[np.uint64(t + j), OWED] += shares * w.owed[np.uint64(r + j)]


@njit(_nrt=False, inline="always")
def look_ahead(w: Windows, rules: Rules, p: Point, s: State, k: int, t: int) -> None:
    """Book leg k after its orders of row t: its value up to its next event, and that event on its row's list."""
    if s.leg[k, HELD] == 0.0:
        if s.mark[k, ENTERING]:
            change = _next_change(w, s, k, t)
            put_on_list(s, k, t + 1, ENTRIES, FULL if change <= t + 1 else PLAIN)
        return
    r, until, change = w.whole[k, market.START] + t - w.whole[k, market.ROW], t + 1, _next_change(w, s, k, t)
    if s.mark[k, EXIT] < 0 and s.mark[k, ENTERING] == 0:
        until = max(min(s.mark[k, DUE], change), t + 1)
    s.leg[k, PEAK_THEN], s.mark[k, LOOKED] = s.leg[k, PEAK], t if s.mark[k, EXIT] < 0 else -1
    if rules.on_touch:
        until = t + _first_touch(w, p, s, k, r, r + until - t) - r
    elif s.mark[k, EXIT] < 0:
        until = min(t + _first_signal(w, p, s, k, r, r + until - t) - r + 1, until)
    _hold(w, s, k, r, t, until - t)
    part = SELLS if s.leg[k, HELD] > 0.0 else COVERS
    if s.mark[k, EXIT] < 0 and until < s.mark[k, DUE] and s.mark[k, ENTERING]:
        part = ENTRIES
    put_on_list(s, k, min(until, w.rows), part, FULL if change <= until else PLAIN)
