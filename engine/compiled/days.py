"""The compiled portfolio: every rule, in the desk's order, session by session, for sessions in which something happens.

A session takes up the legs that have something to do in it, or all legs when margin is called or the portfolio is
closed out; sends their orders; and looks ahead for what each leg does next. The rest of it is one line of book-keeping.
"""

from typing import Any

import numpy as np

from ...data.arrays import I4
from ..legs import CLOSE, TOUCH
from ..machine.code import Effort
from ..njit import called_from_both, compiled, inlined, without
from .agenda import clear_agenda, put_in_order, queue_all, queue_auction, queue_touched, take_list
from .holding import forget_ahead, look_ahead
from .inside import trade_inside
from .orders import act, delist, enter, leave, leave_inside
from .state import (
    CASH,
    CUT,
    FINANCED,
    GROSS,
    LONGS,
    MARGIN,
    NAV,
    NO_EXIT,
    NOT_TRIED,
    NOTHING,
    OWED,
    PARTS,
    POSITIONS,
    SETTLED,
    SHORT,
    SHORTS,
    SIGNED,
    SOLD,
    SPENDABLE,
    TIED,
    Out,
    State,
    Turn,
    keep_position,
)
from .windows import NO_CLOSE, NO_ROW, Point, Rules, Windows, meets_any

NEVER = 2_000_000_000
RUNNING = Effort(unit=0.5e-6, compiling=15.0)  # see `portfolio_units`
RUNNING_MINUTES = Effort(unit=0.5e-6, compiling=28.0)


@inlined
def _reset(rules: Rules, s: State, out: Out) -> None:
    capital = rules.capital
    s.book[:] = 0.0
    s.book[CASH] = s.book[NAV] = capital
    s.paired[:] = 0.0
    for i in range(len(s.taken)):
        s.taken[i]["row"] = s.taken_inside[i]["row"] = NO_ROW
    clear_agenda(s, 0)
    s.value[:] = s.settled[:] = 0.0
    out.counts[:] = 0
    out.totals[:] = 0.0


@inlined
def _admit(w: Windows, s: State, k: int) -> None:
    s.leg[k]["held"] = s.leg[k]["filled"] = 0.0
    s.leg[k]["planned"] = np.nan
    s.leg[k]["entering"], s.past[k]["first_try"], s.past[k]["bought"] = 1, NOT_TRIED, NO_ROW
    s.leg[k]["exit"], s.leg[k]["due"], s.past[k]["looked"] = NO_EXIT, NEVER, NO_ROW
    s.past[k]["action"] = w.leg[k]["action"]


@compiled
def _take_all(w: Windows, rules: Rules, s: State, p: Point, t: int, admitted: int, new: int) -> int:
    """Put every live leg into the queue, up to its place `new`, and forget what is ahead of it; returns the first place."""
    lo = new
    for j in range(admitted - 1, -1, -1):
        k = s.live[j]
        if s.leg[k]["held"] != 0.0 or s.leg[k]["entering"]:
            lo -= 1
            s.queue[lo] = k
        if s.leg[k]["held"] != 0.0 and s.past[k]["looked"] != NO_ROW:
            forget_ahead(w, rules, s, p, k, t)
    clear_agenda(s, t)
    s.value[PARTS * t :] = 0.0
    s.settled[min(SETTLED * t, len(s.settled)) :] = 0.0
    return lo


@compiled
def _outlived(w: Windows, s: State, t: int, lo: int) -> bool:
    """Whether some leg with an event is past its window."""
    outlived = False
    for k in s.today[lo:]:
        outlived |= t >= w.leg[k]["row"] + w.leg[k]["length"]
    return outlived


@compiled
def _before_open(w: Windows, s: State, out: Out, t: int, lo: int, action: int) -> int:
    """Corporate actions from `action` on, and delistings; returns the next action."""
    while action < len(w.action_row) and w.action_row[action] <= t:
        if w.action_row[action] == t:
            received = act(w, s, s.today[lo:], action, t)
            if out.keep:
                out.dividends[t] += received
        action += 1
    for k in s.today[lo:]:
        if t >= w.leg[k]["gone"]:
            delist(w, s, out, k, t)
    return action


@compiled
def _keep_positions(w: Windows, s: State, out: Out, t: int, admitted: int) -> int:
    """Keep the session's positions; returns how many legs are still live."""
    first, n = out.counts[POSITIONS], 0
    for j in range(admitted):
        k = s.live[j]
        if s.leg[k]["held"] != 0.0:
            code = w.leg[k]["code"]
            stop = out.counts[POSITIONS]
            out.counts[POSITIONS] = keep_position(out.positions, first, stop, t, code, s.leg[k]["held"])
        if s.leg[k]["held"] != 0.0 or s.leg[k]["entering"]:
            s.live[n] = k
            n += 1
    return n


@inlined
def _value(rules: Rules, s: State, nav: float, long: float, short: float) -> None:
    """Note what the portfolio is worth at a close, and the part of it to be given up when margin is called."""
    gross = long + short
    s.book[NAV], s.book[GROSS], s.book[SHORT], s.book[CUT] = nav, gross, short, 0.0
    if gross > 0.0 and nav < rules.maintenance * gross:
        s.book[CUT] = 1.0 - max(nav, 0.0) * rules.max_gross / gross


@inlined
def _set_apart(s: State, t: int) -> None:
    """Note what of row t's close is futures: no short sale that cash is kept for, but a margin."""
    if len(s.settled) > 0:
        row = SETTLED * t
        s.book[SHORT] -= s.settled[row + SOLD]
        s.book[FINANCED], s.book[MARGIN] = s.settled[row + SIGNED], s.settled[row + TIED]


@inlined
def _pass_quiet(rules: Rules, s: State, out: Out, t: int, joins: int) -> int:
    """The books of the sessions from t on in which nothing is due; returns the first session that is not like that."""
    first, cash = t, s.book[CASH]
    nav = long = short = 0.0
    while t < joins and s.events[np.uint64(t)]["last"] == NOTHING:
        u = np.uint64(t)
        long, short = s.value[np.uint64(PARTS * t + LONGS)], s.value[np.uint64(PARTS * t + SHORTS)]
        nav = cash + long - short
        out.equity[u] = nav
        cash -= s.value[np.uint64(PARTS * t + OWED)]
        t += 1
        if nav < rules.maintenance * (long + short):
            break
    if t > first:
        s.book[CASH] = cash
        _value(rules, s, nav, long, short)
        _set_apart(s, t - 1)
    return t


@inlined
def _close_books(rules: Rules, s: State, out: Out, t: int) -> None:
    """The books of one session at its close, and the borrow of the night."""
    u = np.uint64(t)
    long, short, owed = (
        s.value[np.uint64(PARTS * t + LONGS)],
        s.value[np.uint64(PARTS * t + SHORTS)],
        s.value[np.uint64(PARTS * t + OWED)],
    )
    nav = s.book[CASH] + long - short
    _value(rules, s, nav, long, short)
    _set_apart(s, t)
    out.equity[u] = nav
    if out.keep:
        out.cash[u], out.long[u], out.short[u] = s.book[CASH], long, short
        if t + 1 < len(out.borrow):
            out.borrow[t + 1] = owed
    s.book[CASH] -= owed


@inlined
def _joins(w: Windows, following: int) -> int:
    """Row in which the leg `following` joins, T when all have."""
    row = w.leg[np.uint64(following)]["row"] if following < len(w.leg) else w.rows
    return row if row < w.rows else w.rows


@inlined
def _concerns_all(rules: Rules, s: State, ends: I4, t: int) -> bool:
    """Whether margin is called or an exchange's positions are closed out."""
    everyone = s.book[CUT] > 0.0
    if rules.close_out:
        for e in range(len(ends)):
            everyone |= ends[e] == t
    return everyone


@inlined
def _admit_new(w: Windows, s: State, t: int, old: int, admitted: int) -> tuple[int, bool]:
    """Put the legs that join by row t at the queue's end and after the `admitted` in `live`; `old` legs have joined before.

    Returns how many have now, and whether one of them ends where it joins.
    """
    following, ended = old, False
    while _joins(w, following) <= t:
        k = np.uint64(following)
        _admit(w, s, k)
        ended |= w.leg[k]["ends"] <= t
        following += 1
    new = len(w.leg) - (following - old)
    for j in range(following - old):
        s.queue[np.uint64(new + j)] = s.live[np.uint64(admitted + j)] = old + j
    return following, ended


@inlined
def _run(w: Windows, rules: Rules, p: Point, s: State, out: Out, ends: I4, inside: bool) -> bool:
    """See `run_days`. `inside`: what happens inside sessions, which stays out of what is compiled where it is False."""
    legs = len(w.leg)
    _reset(rules, s, out)
    t = admitted = action = following = 0
    while True:
        if not (out.keep or rules.close_out or s.book[CUT] > 0.0):
            t = _pass_quiet(rules, s, out, t, _joins(w, following))
        if t >= w.rows:
            return True
        old, everyone = following, _concerns_all(rules, s, ends, t)
        s.book[SPENDABLE] = s.book[CASH] + s.book[FINANCED]
        following, full = _admit_new(w, s, t, old, admitted)
        full |= everyone or s.events[np.uint64(t)]["full"] != 0 or rules.on_touch or w.close_from != NO_CLOSE
        if everyone:
            lo = entries = _take_all(w, rules, s, p, t, admitted, legs - (following - old))
        else:
            lo, entries = take_list(s, t, legs - (following - old))
        admitted += following - old
        if full:
            put_in_order(s, lo)
            if _outlived(w, s, t, lo):
                return False
            action = _before_open(w, s, out, t, lo, action)
        first, stop = lo, legs
        for at in range(CLOSE + 1 if full else 1):  # the open, prices touched inside the bar, the close
            if at == TOUCH and rules.on_touch:
                for j in range(queue_touched(w, s, t, lo)):
                    leave_inside(w, rules, s, out, p, s.queue[j], t)
            if inside and at == TOUCH and meets_any(w):
                trade_inside(w, rules, s, out, p, t, lo)
            if at == TOUCH or (at == CLOSE and w.close_from == NO_CLOSE):
                continue
            if full:
                first = 0
                entries, stop = queue_auction(w, s, t, at, lo, ends)
            for j in range(first, stop):
                k: Any = np.uint64(s.queue[np.uint64(j)])
                if j >= entries:
                    enter(w, rules, s, out, p, Turn(k, t, at))
                else:
                    last = at == CLOSE and ends[w.leg[k]["exchange"]] == t
                    leave(w, rules, s, out, p, Turn(k, t, at), last)
        if full:
            queue_all(s, lo)
        for j in range(lo, legs):
            look_ahead(w, rules, s, p, np.uint64(s.queue[np.uint64(j)]), t)
        if out.keep:
            admitted = _keep_positions(w, s, out, t, admitted)
        _close_books(rules, s, out, t)
        t += 1


@called_from_both
@without(trade_inside)
def run_days(w: Windows, rules: Rules, p: Point, s: State, out: Out, ends: I4) -> bool:
    """Run one portfolio from the first row to the last; False when a leg outlived its window.

    `ends[e]`: row of exchange e's forced close-out, NO_ROW for none.
    """
    return _run(w, rules, p, s, out, ends, False)


@called_from_both
@compiled
def run_minutes(w: Windows, rules: Rules, p: Point, s: State, out: Out, ends: I4) -> bool:
    """As `run_days`, with what happens inside sessions where a leg meets minute bars: twice as much to compile."""
    return _run(w, rules, p, s, out, ends, True)


def run_of(w: Windows) -> tuple[Any, Effort]:
    """Which of the two these windows need, and its effort."""
    return (run_minutes, RUNNING_MINUTES) if meets_any(w) else (run_days, RUNNING)


def portfolio_units(w: Windows) -> float:
    """Units of work of one portfolio: a session without an event is about one, a leg from its entry to its exit some hundreds.

    One that meets minute bars costs half of that more to enter in them, and as much to be held in them.
    """
    inside = 150 * len(w.leg) * (int(len(w.span) > 0) + int(len(w.held_span) > 0))
    return units_of(w.rows, len(w.leg)) + inside


def units_of(rows: int, legs: int) -> float:
    """The same of a portfolio that meets no minute bar."""
    return float(rows + 300 * legs)
