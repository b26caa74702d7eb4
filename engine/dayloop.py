"""The compiled portfolio: every rule, in the desk's order, session by session, for sessions in which something happens.

A leg that is held asks for nothing until its next event: the day its hold ends, the session after a close that says
stop, target or trail, an ex-date, a delisting. So when it has been traded its value is added to the books of all
sessions up to that event, and the leg is put on that session's list. A session takes up the legs on its list, and
all legs when margin is called or the portfolio is closed out; the rest of it is one line of book-keeping.
"""

import numpy as np
from numpy.typing import NDArray

from ..data.panel import TRADING
from . import kernel, market
from .compiled import njit
from .kernel import EPS, Order
from .legs import CLOSE, TOUCH, Reason
from .market import Point, Rules, Windows
from .orders import (
    act,
    book,
    delist,
    entry_order,
    exit_order,
    judged,
    judged_inside,
    leg_rules,
    touched,
)
from .records import (
    ACTION,
    BASIS,
    BOUGHT,
    CASH,
    COVERS,
    CUT,
    DUE,
    ENTERING,
    ENTRIES,
    EXIT,
    FILLED,
    FIRST_TRY,
    GROSS,
    HELD,
    LOOKED,
    NAV,
    NEXT,
    PEAK,
    PEAK_THEN,
    PLANNED,
    POSITIONS,
    SELLS,
    SHORT,
    Out,
    State,
    keep_position,
    record_block,
    record_fill,
)

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]

_ENTRY, _TARGET, _UNPAIRED = int(Reason.ENTRY), int(Reason.TARGET), int(Reason.UNPAIRED)
NEVER = 2_000_000_000


@njit(_nrt=False, inline="always")
def _admit(w: Windows, s: State, k: int) -> None:
    s.leg[k, HELD] = s.leg[k, FILLED] = 0.0
    s.leg[k, PLANNED] = np.nan
    s.mark[k, ENTERING], s.mark[k, FIRST_TRY], s.mark[k, BOUGHT] = 1, -1, -1
    s.mark[k, EXIT], s.mark[k, DUE], s.mark[k, LOOKED] = -1, NEVER, -1
    s.mark[k, ACTION] = w.whole[k, market.ACTION]


@njit(_nrt=False, inline="always")
def _reset(s: State, out: Out, capital: float) -> None:
    s.book[:] = 0.0
    s.book[CASH] = s.book[NAV] = capital
    s.paired[:] = 0.0
    s.taken_row[:] = -1
    s.first[:] = -1
    s.long[:] = 0.0
    s.short[:] = 0.0
    s.owed[:] = 0.0
    out.counts[:] = 0
    out.totals[:] = 0.0


@njit(_nrt=False, inline="always")
def _take_list(s: State, t: int) -> int:
    """Put the legs on the session's list into `today`, in order; returns how many there are."""
    n = 0
    k = s.first[t]
    while k >= 0:
        at = n
        while at > 0 and s.today[at - 1] > k:
            s.today[at] = s.today[at - 1]
            at -= 1
        s.today[at] = k
        n += 1
        k = s.mark[np.uint64(k), NEXT]
    return n


@njit(_nrt=False, inline="always")
def _queue_auction(w: Windows, s: State, t: int, at: int, n: int, ends: I4) -> None:
    """Put what may be due at an auction into the queue: sells, covers, entries."""
    sells = covers = entries = 0
    for j in range(n):
        k = np.uint64(s.today[j])
        held = s.leg[k, HELD]
        if held != 0.0:
            due = s.mark[k, EXIT] >= 0 or t >= s.mark[k, DUE] or s.book[CUT] > 0.0
            if due or (at == CLOSE and ends[w.whole[k, market.EXCHANGE]] == t):
                if held > 0.0:
                    s.queue[SELLS, sells] = k
                    sells += 1
                else:
                    s.queue[COVERS, covers] = k
                    covers += 1
        if s.mark[k, ENTERING] and w.whole[k, market.AT] == at:
            s.queue[ENTRIES, entries] = k
            entries += 1
    s.queued[SELLS], s.queued[COVERS], s.queued[ENTRIES] = sells, covers, entries


@njit(_nrt=False)
def _queue_touched(w: Windows, s: State, t: int, n: int) -> None:
    """Put the legs that may be touched inside the bar into the queue: longs, shorts."""
    s.queued[:] = 0
    for j in range(n):
        k = s.today[j]
        if s.leg[k, HELD] != 0.0 and s.mark[k, EXIT] < 0:
            fresh = s.mark[k, BOUGHT] == t and w.whole[k, market.AT] == CLOSE
            if (
                not fresh
                and w.bar[w.whole[k, market.START] + t - w.whole[k, market.ROW], market.STATUS] == TRADING
            ):
                part = SELLS if s.leg[k, HELD] > 0.0 else COVERS
                s.queue[part, s.queued[part]] = k
                s.queued[part] += 1


@njit(_nrt=False, inline="always")
def _trade(
    w: Windows,
    rules: Rules,
    s: State,
    out: Out,
    p: Point,
    k: int,
    t: int,
    at: int,
    entering: bool,
    last: bool,
) -> None:
    """One leg's order at one auction, or inside the bar, from the wish to the books."""
    r = w.whole[k, market.START] + t - w.whole[k, market.ROW]
    line = w.order[np.uint64(r + w.late if at == CLOSE else r)]
    bits = np.int64(line[market.BITS])
    if (bits & market.IS_OPEN_BIT) == 0:
        return
    held, why, price, expires = s.leg[k, HELD], _ENTRY, 0.0, False
    if entering:
        if s.mark[k, ENTERING] == 0 or s.mark[k, EXIT] >= 0:
            return
        done = bits >> market.DONE_SHIFT
        if s.mark[k, FIRST_TRY] < 0:
            s.mark[k, FIRST_TRY] = done
        wait = w.whole[k, market.WAIT] if p.wait < 0 else p.wait
        expires = done - s.mark[k, FIRST_TRY] >= wait
        held = 0.0
        shares = entry_order(w, rules, s, out, p, k, t, at, line)
    elif at == TOUCH:
        why, price = touched(w, s, p, k, r)
        shares = 0.0
        if why >= 0:
            s.mark[k, EXIT], s.mark[k, ENTERING] = why, 0
            shares = -held
    else:
        shares, why = exit_order(w, s, k, at, t, last, line[market.LOTS])
    if shares != 0.0:
        i = np.uint64(w.whole[k, market.CODE])
        locked = s.mark[k, BOUGHT] == t and (bits & market.T_PLUS_ONE_BIT) != 0
        order = Order(shares, at, held, held == 0.0 or not locked, at == TOUCH and why == _TARGET)
        used = s.taken[i] if s.taken_row[i] == t else 0.0
        if at == TOUCH:
            fill = judged_inside(w, rules, s, r, order, price, used)
        else:
            fill = judged(w, rules, s, line, order, used)
        wanted = shares
        if entering:
            wanted = w.real[k, market.SIDE] * (s.leg[k, PLANNED] - s.leg[k, FILLED])
        if fill.shares != 0.0:
            s.taken[i], s.taken_row[i] = used + abs(fill.shares), t
            book(w, s, p, k, t, fill, line, rules.matched)
            record_fill(w, out, k, t, at, fill, line[market.FX], why, s.book[CASH])
        if abs(fill.shares) < abs(wanted) - EPS:
            record_block(
                w, out, k, t, at, wanted, fill.shares, fill.reason if fill.reason >= 0 else _UNPAIRED
            )
    if expires:
        s.mark[k, ENTERING] = 0


@njit(_nrt=False, inline="always")
def _first_signal(w: Windows, p: Point, s: State, k: int, r: int, stop: int) -> int:
    """First row from `r` on, before `stop`, whose close says get out, which is noted; `stop` when none does."""
    side = w.real[k, market.SIDE]
    levels = kernel.exit_levels(side, s.leg[k, BASIS], leg_rules(w, p, k))
    peak = side * s.leg[k, PEAK]
    closes = w.shut[r:stop]
    for j in range(len(closes)):
        close = side * closes[j]
        if close == close:
            why = kernel.close_signal(close, peak, levels)
            peak = max(peak, close)
            if why >= 0:
                s.mark[k, EXIT] = why
                stop = r + j
                break
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
def _take_all(w: Windows, rules: Rules, p: Point, s: State, t: int, admitted: int) -> int:
    """Put every live leg into `today` and forget what is ahead of it; returns how many there are."""
    n = 0
    for j in range(admitted):
        k = s.live[j]
        if s.leg[k, HELD] != 0.0 or s.mark[k, ENTERING]:
            s.today[n] = k
            n += 1
        if s.leg[k, HELD] != 0.0 and s.mark[k, LOOKED] >= 0:
            base = w.whole[k, market.START] - w.whole[k, market.ROW]
            s.leg[k, PEAK], s.mark[k, EXIT] = s.leg[k, PEAK_THEN], -1
            if rules.on_touch:
                _first_touch(w, p, s, k, base + s.mark[k, LOOKED], base + t)
            else:
                _first_signal(w, p, s, k, base + s.mark[k, LOOKED], base + t)
    s.first[t:] = -1
    s.long[t:] = 0.0
    s.short[t:] = 0.0
    s.owed[t:] = 0.0
    return n


@njit(_nrt=False, inline="always")
def _look_ahead(w: Windows, rules: Rules, p: Point, s: State, k: int, t: int) -> None:
    """Book a leg that is held tonight up to its next event, and put it on that session's list."""
    row, rows = w.whole[k, market.ROW], w.rows
    base, until = w.whole[k, market.START] - row, t + 1
    if s.mark[k, EXIT] < 0 and s.mark[k, ENTERING] == 0:
        until = min(s.mark[k, DUE], w.whole[k, market.ENDS])
        a = s.mark[k, ACTION]
        while a >= 0 and w.action_row[a] <= t:
            a = w.action_next[a]
        s.mark[k, ACTION] = a
        if a >= 0:
            until = min(until, w.action_row[a])
        until = max(until, t + 1)
    s.leg[k, PEAK_THEN], s.mark[k, LOOKED] = s.leg[k, PEAK], t if s.mark[k, EXIT] < 0 else -1
    if rules.on_touch:
        until = _first_touch(w, p, s, k, base + t, base + until) - base
    elif s.mark[k, EXIT] < 0:
        until = min(_first_signal(w, p, s, k, base + t, base + until) - base + 1, until)
    held, worth = s.leg[k, HELD], w.worth[base + t : base + until]
    if held > 0.0:
        long = s.long[t:until]
        for j in range(len(long)):
            long[j] += held * worth[j]
    else:
        short = s.short[t:until]
        for j in range(len(short)):
            short[j] -= held * worth[j]
        if w.borrows:
            owed, owes = w.owed[base + t : base + until], s.owed[t:until]
            for j in range(len(owes)):
                owes[j] -= held * owed[j]
    _put_on_list(s, k, min(until, rows))


@njit(_nrt=False, inline="always")
def _put_on_list(s: State, k: int, t: int) -> None:
    s.mark[k, NEXT] = s.first[t]
    s.first[t] = k


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


@njit(_nrt=False)
def _idle(s: State, out: Out, t: int, until: int) -> None:
    """Sessions without a live leg."""
    for u in range(t, until):
        out.equity[u] = s.book[NAV]
        if out.keep:
            out.cash[u] = s.book[CASH]


@njit(_nrt=False)
def run_days(w: Windows, rules: Rules, p: Point, s: State, out: Out, ends: I4) -> bool:
    """Run one portfolio from the first row to the last; False when a leg outlived its window.

    `ends[e]`: row of exchange e's forced close-out, −1 for none.
    """
    rows, legs = w.rows, len(w.whole)
    _reset(s, out, rules.capital)
    n = admitted = alive = action = following = t = 0
    while t < rows:
        if alive == 0 and s.first[t] < 0:
            until = min(w.whole[following, market.ROW], rows) if following < legs else rows
            if until > t:
                _idle(s, out, t, until)
                t = until
                continue
        # who has something to do
        everyone = s.book[CUT] > 0.0
        if rules.close_out:
            for e in range(len(ends)):
                everyone |= ends[e] == t
        n = _take_all(w, rules, p, s, t, admitted) if everyone else _take_list(s, t)
        while following < legs and w.whole[following, market.ROW] <= t:
            _admit(w, s, np.uint64(following))
            s.live[admitted] = s.today[n] = following
            n, admitted, alive, following = n + 1, admitted + 1, alive + 1, following + 1
        if n:
            ending = False
            for j in range(n):
                ending |= t >= w.whole[np.uint64(s.today[j]), market.ENDS]
            if ending:
                for j in range(n):
                    k = s.today[j]
                    if t >= w.whole[k, market.ROW] + w.whole[k, market.LENGTH]:
                        return False
            # corporate actions and delistings
            while action < len(w.action_row) and w.action_row[action] <= t:
                if w.action_row[action] == t:
                    received = act(w, s, s.today[:n], action, t)
                    s.book[CASH] += received
                    if out.keep:
                        out.dividends[t] += received
                action += 1
            if ending:
                for j in range(n):
                    if t >= w.whole[s.today[j], market.GONE]:
                        delist(w, s, out, s.today[j], t)
            # the open, prices touched inside the bar, the close
            for at in range(3):
                if (at == TOUCH and not rules.on_touch) or (at == CLOSE and w.late == 0):
                    continue
                if at == TOUCH:
                    _queue_touched(w, s, t, n)
                else:
                    _queue_auction(w, s, t, at, n, ends)
                for part in range(3):
                    for j in range(s.queued[part]):
                        k = np.uint64(s.queue[part, j])
                        last = at == CLOSE and ends[w.whole[k, market.EXCHANGE]] == t
                        _trade(w, rules, s, out, p, k, t, at, part == ENTRIES, last)
            for j in range(n):
                k = np.uint64(s.today[j])
                if s.leg[k, HELD] != 0.0:
                    _look_ahead(w, rules, p, s, k, t)
                elif s.mark[k, ENTERING]:
                    _put_on_list(s, k, t + 1)
                else:
                    alive -= 1
        # the books of the session
        if out.keep:
            admitted = _keep_positions(w, s, out, t, admitted)
            out.cash[t], out.long[t], out.short[t] = s.book[CASH], s.long[t], s.short[t]
        long, short = s.long[t], s.short[t]
        nav, gross = s.book[CASH] + long - short, long + short
        s.book[NAV], s.book[GROSS], s.book[SHORT], s.book[CUT] = nav, gross, short, 0.0
        if gross > 0.0 and nav < rules.maintenance * gross:
            s.book[CUT] = 1.0 - max(nav, 0.0) * rules.max_gross / gross
        out.equity[t] = nav
        # the night
        s.book[CASH] -= s.owed[t]
        if out.keep and t + 1 < rows:
            out.borrow[t + 1] = s.owed[t]
        t += 1
    return True
