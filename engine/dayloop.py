"""The compiled portfolio: every rule, in the desk's order, session by session, for sessions in which something happens.

A session takes up the legs that have something to do in it, or all legs when margin is called or the portfolio is
closed out; sends their orders; and looks ahead for what each leg does next. The rest of it is one line of book-keeping.
"""

import numpy as np
from numpy.typing import NDArray

from . import market
from .agenda import clear_agenda, put_in_order, queue_auction, queue_touched, take_lists
from .compiled import njit
from .holding import forget_ahead, look_ahead
from .legs import CLOSE, OPEN, TOUCH
from .market import Point, Rules, Windows
from .orders import act, delist, enter, leave, leave_inside
from .records import (
    ACTION,
    BOUGHT,
    CASH,
    CUT,
    DUE,
    ENTERING,
    EXIT,
    FILLED,
    FIRST_TRY,
    FULL,
    GROSS,
    HELD,
    KIND,
    LONGS,
    LOOKED,
    NAV,
    OWED,
    PLANNED,
    POSITIONS,
    QUIET,
    SHORT,
    SHORTS,
    Out,
    State,
    keep_position,
)

I4 = NDArray[np.int32]

NEVER = 2_000_000_000


@njit(_nrt=False, inline="always")
def _reset(s: State, out: Out, capital: float) -> None:
    s.book[:] = 0.0
    s.book[CASH] = s.book[NAV] = capital
    s.paired[:] = 0.0
    s.taken_row[:] = -1
    clear_agenda(s, 0)
    s.value[:] = 0.0
    out.counts[:] = 0
    out.totals[:] = 0.0


@njit(_nrt=False, inline="always")
def _admit(w: Windows, s: State, k: int) -> None:
    s.leg[k, HELD] = s.leg[k, FILLED] = 0.0
    s.leg[k, PLANNED] = np.nan
    s.mark[k, ENTERING], s.mark[k, FIRST_TRY], s.mark[k, BOUGHT] = 1, -1, -1
    s.mark[k, EXIT], s.mark[k, DUE], s.mark[k, LOOKED] = -1, NEVER, -1
    s.mark[k, ACTION] = w.whole[k, market.ACTION]


@njit(_nrt=False)
def _take_all(w: Windows, rules: Rules, p: Point, s: State, t: int, admitted: int, new: int) -> int:
    """Put every live leg into the queue, up to its place `new`, and forget what is ahead of it; returns the first place."""
    lo = new
    for j in range(admitted - 1, -1, -1):
        k = s.live[j]
        if s.leg[k, HELD] != 0.0 or s.mark[k, ENTERING]:
            lo -= 1
            s.queue[lo] = k
        if s.leg[k, HELD] != 0.0 and s.mark[k, LOOKED] >= 0:
            forget_ahead(w, rules, p, s, k, t)
    clear_agenda(s, t)
    s.value[t:] = 0.0
    return lo


@njit(_nrt=False)
def _outlived(w: Windows, s: State, t: int, lo: int) -> bool:
    """Whether some leg with an event is past its window."""
    for k in s.today[lo:]:
        if t >= w.whole[k, market.ROW] + w.whole[k, market.LENGTH]:
            return True
    return False


@njit(_nrt=False)
def _before_open(w: Windows, s: State, out: Out, t: int, lo: int, action: int) -> int:
    """Corporate actions from `action` on, and delistings; returns the next action."""
    while action < len(w.action_row) and w.action_row[action] <= t:
        if w.action_row[action] == t:
            received = act(w, s, s.today[lo:], action, t)
            s.book[CASH] += received
            if out.keep:
                out.dividends[t] += received
        action += 1
    for k in s.today[lo:]:
        if t >= w.whole[k, market.GONE]:
            delist(w, s, out, k, t)
    return action


@njit(_nrt=False)
def _keep_positions(w: Windows, s: State, out: Out, t: int, admitted: int) -> int:
    """Keep the session's positions; returns how many legs are still live."""
    first, n = out.counts[POSITIONS], 0
    for j in range(admitted):
        k = s.live[j]
        if s.leg[k, HELD] != 0.0:
            code = w.whole[k, market.CODE]
            stop = out.counts[POSITIONS]
            out.counts[POSITIONS] = keep_position(out.positions, first, stop, t, code, s.leg[k, HELD])
        if s.leg[k, HELD] != 0.0 or s.mark[k, ENTERING]:
            s.live[n] = k
            n += 1
    return n


@njit(_nrt=False, inline="always")
def _close_books(rules: Rules, s: State, out: Out, t: int) -> None:
    """Net asset value and exposure at the close, whether margin is called, and the borrow of the night."""
    u = np.uint64(t)
    long, short = s.value[u, LONGS], s.value[u, SHORTS]
    nav, gross = s.book[CASH] + long - short, long + short
    s.book[NAV], s.book[GROSS], s.book[SHORT], s.book[CUT] = nav, gross, short, 0.0
    if gross > 0.0 and nav < rules.maintenance * gross:
        s.book[CUT] = 1.0 - max(nav, 0.0) * rules.max_gross / gross
    out.equity[u] = nav
    if out.keep:
        out.cash[t], out.long[t], out.short[t] = s.book[CASH], long, short
        if t + 1 < len(out.borrow):
            out.borrow[t + 1] = s.value[u, OWED]
    s.book[CASH] -= s.value[u, OWED]


@njit(_nrt=False)
def run_days(w: Windows, rules: Rules, p: Point, s: State, out: Out, ends: I4) -> bool:
    """Run one portfolio from the first row to the last; False when a leg outlived its window.

    `ends[e]`: row of exchange e's forced close-out, −1 for none.
    """
    legs = len(w.whole)
    _reset(s, out, rules.capital)
    admitted = action = following = 0
    joins = w.whole[0, market.ROW] if legs else w.rows
    for t in range(w.rows):
        kind = s.events[np.uint64(t), KIND]
        everyone = s.book[CUT] > 0.0
        if rules.close_out:
            for e in range(len(ends)):
                everyone |= ends[e] == t
        if kind != QUIET or joins <= t or everyone:
            # who has something to do: those on the lists or everyone, and the legs that join
            old = following
            while joins <= t:
                k = np.uint64(following)
                _admit(w, s, k)
                if w.whole[k, market.ENDS] <= t:
                    kind = FULL
                following += 1
                joins = w.whole[np.uint64(following), market.ROW] if following < legs else w.rows
            new = legs - (following - old)
            for j in range(old, following):
                s.queue[np.uint64(new + j - old)] = j
            if everyone:
                lo, entries = _take_all(w, rules, p, s, t, admitted, new), new
            else:
                lo, entries = take_lists(s, t, new)
            for j in range(old, following):
                s.live[np.uint64(admitted)] = j
                admitted += 1
            full = everyone or kind == FULL or rules.on_touch or w.late > 0
            if full:
                put_in_order(s, lo)
                if _outlived(w, s, t, lo):
                    return False
                action = _before_open(w, s, out, t, lo, action)
            # the open, prices touched inside the bar, the close
            first, stop = lo, legs
            for at in range(3):
                if full and at == TOUCH:
                    if rules.on_touch:
                        for j in range(queue_touched(w, s, t, lo)):
                            leave_inside(w, rules, s, out, p, s.queue[j], t)
                    continue
                if at == CLOSE and w.late == 0 or at == TOUCH:
                    break
                if full:
                    first = 0
                    entries, stop = queue_auction(w, s, t, at, lo, ends)
                for j in range(first, stop):
                    k = np.uint64(s.queue[np.uint64(j)])
                    if j >= entries:
                        enter(w, rules, s, out, p, k, t, at)
                    else:
                        last = at == CLOSE and ends[w.whole[k, market.EXCHANGE]] == t
                        leave(w, rules, s, out, k, t, at, last)
            legs_of_day = s.today if full else s.queue
            for j in range(lo, legs):
                look_ahead(w, rules, p, s, np.uint64(legs_of_day[np.uint64(j)]), t)
        if out.keep:
            admitted = _keep_positions(w, s, out, t, admitted)
        _close_books(rules, s, out, t)
    return True
