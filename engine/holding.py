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
from .processor import fetch_line
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


@njit(error_model="numpy", _nrt=False, inline="always")
def _levels(w: Windows, p: Point, s: State, k: int) -> kernel.Levels:
    return kernel.exit_levels(w.real[k, market.SIDE], s.leg[k, BASIS], leg_rules(w, p, k))


@njit(error_model="numpy", _nrt=False)
def _first_signal(w: Windows, p: Point, s: State, k: int, r: int, stop: int) -> None:
    """Note the first close from row `r` on, before `stop`, that says get out, and the best close."""
    side, levels = w.real[k, market.SIDE], _levels(w, p, s, k)
    for q in range(r, stop):
        close, peak = side * w.shut[q], side * s.leg[k, PEAK]
        s.mark[k, EXIT] = kernel.close_signal(close, peak, levels)
        if s.mark[k, EXIT] >= 0:
            return
        if close > peak:
            s.leg[k, PEAK] = w.shut[q]


@njit(error_model="numpy", _nrt=False)
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


@njit(error_model="numpy", _nrt=False)
def forget_ahead(w: Windows, rules: Rules, p: Point, s: State, k: int, t: int) -> None:
    """Bring a leg that was looked ahead for back to how it stands in row t."""
    base = w.whole[k, market.START] - w.whole[k, market.ROW]
    s.leg[k, PEAK], s.mark[k, EXIT] = s.leg[k, PEAK_THEN], -1
    if rules.on_touch:
        _first_touch(w, p, s, k, base + s.mark[k, LOOKED], base + t)
    else:
        _first_signal(w, p, s, k, base + s.mark[k, LOOKED], base + t)


@njit(error_model="numpy", _nrt=False, inline="always")
def _next_change(w: Windows, s: State, k: int, t: int) -> int:
    """First row after t in which something happens to leg k that is not an order of its own."""
    a = s.mark[k, ACTION]
    while a >= 0 and w.action_row[a] <= t:
        a = w.action_next[a]
    s.mark[k, ACTION] = a
    change = w.whole[k, market.ENDS]
    if a >= 0 and w.action_row[a] < change:
        change = w.action_row[a]
    return change


@njit(error_model="numpy", _nrt=False, inline="always")
def _hold(w: Windows, s: State, k: int, r: int, t: int, n: int) -> None:
    """Add the value of leg k to the rows from t to t + n; r: row t of its window."""
    held = s.leg[k, HELD]
    part = LONGS if held > 0.0 else SHORTS
    shares = abs(held)
    for j in range(n):
        s.value[np.uint64(t + j), part] += shares * w.worth[np.uint64(r + j)]


@njit(error_model="numpy", _nrt=False, inline="always")
def _hold_to_signal(w: Windows, p: Point, s: State, k: int, r: int, t: int, n: int) -> int:
    """Add the value of leg k to the rows from t to t + n, or to the one whose close says get out; returns how many."""
    held, side = s.leg[k, HELD], w.real[k, market.SIDE]
    part = LONGS if held > 0.0 else SHORTS
    shares = abs(held)
    levels = _levels(w, p, s, k)
    peak = side * s.leg[k, PEAK]
    trail = kernel.trail_level(peak, levels)
    trails = trail == trail
    for j in range(n):
        s.value[np.uint64(t + j), part] += shares * w.worth[np.uint64(r + j)]
        close = side * w.shut[np.uint64(r + j)]
        why = kernel.level_signal(close, trail, levels)
        if why >= 0:
            s.mark[k, EXIT] = why
            return j + 1
        if trails and close > peak:
            peak, trail = close, kernel.trail_level(close, levels)
            s.leg[k, PEAK] = side * peak
    return n


@njit(error_model="numpy", _nrt=False, inline="always")
def look_ahead(w: Windows, rules: Rules, p: Point, s: State, k: int, t: int) -> None:
    """Book leg k after its orders of row t: its value up to its next event, and that event on its row's list."""
    change = _next_change(w, s, k, t)
    if s.leg[k, HELD] == 0.0:
        if s.mark[k, ENTERING]:
            put_on_list(s, k, t + 1, ENTRIES, FULL if change <= t + 1 else PLAIN)
        return
    r, n = w.whole[k, market.START] + t - w.whole[k, market.ROW], 1
    going, due = s.mark[k, EXIT] >= 0, s.mark[k, DUE]
    if not going and s.mark[k, ENTERING] == 0:
        until = due if due < change else change
        n = until - t if until > t else 1
    s.leg[k, PEAK_THEN], s.mark[k, LOOKED] = s.leg[k, PEAK], -1 if going else t
    if rules.on_touch:
        n = _first_touch(w, p, s, k, r, r + n) - r
    if rules.on_touch or going:
        _hold(w, s, k, r, t, n)
    else:
        n = _hold_to_signal(w, p, s, k, r, t, n)
    if w.borrows and s.leg[k, HELD] < 0.0:
        for j in range(n):
            s.value[np.uint64(t + j), OWED] -= s.leg[k, HELD] * w.owed[np.uint64(r + j)]
    fetch_line(w.order, r + n)
    part = SELLS if s.leg[k, HELD] > 0.0 else COVERS
    if s.mark[k, ENTERING] and s.mark[k, EXIT] < 0 and t + n < due:
        part = ENTRIES
    event = t + n if t + n < w.rows else w.rows
    put_on_list(s, k, event, part, FULL if change <= t + n else PLAIN)
