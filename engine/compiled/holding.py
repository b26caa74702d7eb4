"""A leg that is held asks for nothing until its next event: its value is booked up to there at once.

The event is the day its hold ends, the session after a close that says stop, target or trail, a bar that touches one,
an ex-date, a delisting, or the end of the leg's window.
"""

import numpy as np

from ...data.panel.panel import TRADING
from ..judge.exits import Levels, close_signal, exit_levels, level_signal, trail_level
from ..njit import compiled, inlined
from .agenda import put_on_list
from .minutes import AT_AUCTIONS
from .orders import best_of, leg_rules, may_touch, touched
from .processor import fetch_line
from .state import (
    COVERS,
    ENTRIES,
    LONGS,
    NO_EXIT,
    OWED,
    PARTS,
    SELLS,
    SETTLED,
    SHORTS,
    SIGNED,
    SOLD,
    TIED,
    State,
)  # fmt: skip
from .windows import HIGH, LOW, NO_ACTION, NO_ROW, STATUS, Point, Rules, Windows, window_row


@inlined
def _levels(w: Windows, s: State, p: Point, k: int) -> Levels:
    return exit_levels(w.leg[k]["side"], s.leg[k]["basis"], leg_rules(w, p, k))


@compiled
def _first_signal(w: Windows, s: State, p: Point, k: int, r: int, stop: int) -> None:
    """Note the first close from row `r` on, before `stop`, that says get out, and the best close."""
    side, levels = w.leg[k]["side"], _levels(w, s, p, k)
    for q in range(r, stop):
        close, peak = side * w.close[q], side * s.leg[k]["peak"]
        s.leg[k]["exit"] = close_signal(close, peak, levels)
        if s.leg[k]["exit"] != NO_EXIT:
            return
        if close > peak:
            s.leg[k]["peak"] = w.close[q]


@inlined
def _followed(w: Windows, r: int) -> bool:
    """Whether a leg that is held is followed through minute bars in row r of the windows."""
    return len(w.held_span) > 0 and w.held_span[r, 1] > w.held_span[r, 0]


@compiled
def _first_touch(w: Windows, s: State, p: Point, k: int, r: int, stop: int) -> int:
    """First row after `r`, before `stop`, whose bar touches a rule, or whose minute bars may; `stop` when there is none."""
    while True:
        if w.close[r] == w.close[r]:
            # of a session that was entered inside, only the close is surely after the entry; minute bars have been followed
            later = w.leg[k]["minute"] != AT_AUCTIONS and r == window_row(w, k, s.past[k]["bought"])
            later |= _followed(w, r)
            if w.leg[k]["side"] > 0.0:
                s.leg[k]["peak"] = max(s.leg[k]["peak"], w.close[r] if later else w.bar[r, HIGH])
            else:
                s.leg[k]["peak"] = min(s.leg[k]["peak"], w.close[r] if later else w.bar[r, LOW])
        r += 1
        if r >= stop:
            return stop
        if _followed(w, r):
            if may_touch(w, s, p, k, r):
                return r
            s.leg[k]["peak"] = best_of(w, s, k, r)
        elif w.bar[r, STATUS] == TRADING and touched(w, s, p, k, r)[0] != NO_EXIT:
            return r


@compiled
def forget_ahead(w: Windows, rules: Rules, s: State, p: Point, k: int, t: int) -> None:
    """Bring a leg that was looked ahead for back to how it stands in row t."""
    first, stop = window_row(w, k, s.past[k]["looked"]), window_row(w, k, t)
    s.leg[k]["peak"], s.leg[k]["exit"] = s.leg[k]["peak_then"], NO_EXIT
    if rules.on_touch:
        _first_touch(w, s, p, k, first, stop)
    else:
        _first_signal(w, s, p, k, first, stop)


@inlined
def _next_change(w: Windows, s: State, k: int, t: int) -> int:
    """First row after t in which something happens to leg k that is not an order of its own."""
    a = s.past[k]["action"]
    while a != NO_ACTION and w.action_row[a] <= t:
        a = w.action_next[a]
    s.past[k]["action"] = a
    change = w.leg[k]["ends"]
    if a != NO_ACTION and w.action_row[a] < change:
        change = w.action_row[a]
    return change


@inlined
def _hold(w: Windows, s: State, k: int, r: int, t: int, n: int) -> None:
    """Add the value of leg k to the rows from t to t + n; r: row t of its window."""
    held = s.leg[k]["held"]
    part = LONGS if held > 0.0 else SHORTS
    shares = abs(held)
    for j in range(n):
        s.value[np.uint64(PARTS * (t + j) + part)] += shares * w.worth[np.uint64(r + j)]


@inlined
def _hold_to_signal(w: Windows, s: State, p: Point, k: int, r: int, t: int, n: int) -> int:
    """Add the value of leg k to the rows from t to t + n, or to the one whose close says get out; returns how many."""
    held, side = s.leg[k]["held"], w.leg[k]["side"]
    part = LONGS if held > 0.0 else SHORTS
    shares = abs(held)
    levels = _levels(w, s, p, k)
    peak = side * s.leg[k]["peak"]
    trail = trail_level(peak, levels)
    trails = trail == trail
    for j in range(n):
        s.value[np.uint64(PARTS * (t + j) + part)] += shares * w.worth[np.uint64(r + j)]
        close = side * w.close[np.uint64(r + j)]
        why = level_signal(close, trail, levels)
        if why != NO_EXIT:
            s.leg[k]["exit"] = why
            return j + 1
        if trails and close > peak:
            peak, trail = close, trail_level(close, levels)
            s.leg[k]["peak"] = side * peak
    return n


@compiled
def _settle(w: Windows, s: State, k: int, r: int, t: int, n: int) -> None:
    """Add a future to the rows from t to t + n: what no cash was paid for, and what it ties up.

    The signed value is at the rate of the row after, at which cash has been moved by then (`owed`), so that the cash that
    orders count on is that of the last close.
    """
    held = s.leg[k]["held"]
    for j in range(n):
        value, row = held * w.worth[r + j], SETTLED * (t + j)
        s.settled[row + SIGNED] += value - held * w.owed[r + j]
        if held < 0.0:
            s.settled[row + SOLD] -= value
        s.settled[row + TIED] += abs(value) * w.margin[r + j]


@inlined
def look_ahead(w: Windows, rules: Rules, s: State, p: Point, k: int, t: int) -> None:
    """Book leg k after its orders of row t: its value up to its next event, and that event on its row's list."""
    change = _next_change(w, s, k, t)
    if s.leg[k]["held"] == 0.0:
        if s.leg[k]["entering"]:
            put_on_list(s, k, t + 1, ENTRIES, change <= t + 1)
        return
    r, n = window_row(w, k, t), 1
    going, due = s.leg[k]["exit"] != NO_EXIT, s.leg[k]["due"]
    if not going and s.leg[k]["entering"] == 0:
        until = due if due < change else change
        n = until - t if until > t else 1
    s.leg[k]["peak_then"], s.past[k]["looked"] = s.leg[k]["peak"], NO_ROW if going else t
    if rules.on_touch:
        n = _first_touch(w, s, p, k, r, r + n) - r
    if rules.on_touch or going:
        _hold(w, s, k, r, t, n)
    else:
        n = _hold_to_signal(w, s, p, k, r, t, n)
    if w.leg[k]["future"] != 0:
        _settle(w, s, k, r, t, n)
    if w.borrows and (s.leg[k]["held"] < 0.0 or w.leg[k]["future"] != 0):
        for j in range(n):
            s.value[np.uint64(PARTS * (t + j) + OWED)] -= s.leg[k]["held"] * w.owed[np.uint64(r + j)]
    fetch_line(w.order, r + n)
    part = SELLS if s.leg[k]["held"] > 0.0 else COVERS
    if s.leg[k]["entering"] and s.leg[k]["exit"] == NO_EXIT and t + n < due:
        part = ENTRIES
    event = t + n if t + n < w.rows else w.rows
    put_on_list(s, k, event, part, change <= t + n)
