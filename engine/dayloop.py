"""The compiled portfolio: every session with a live leg, every rule, in the desk's order.

`run_days` is `desk.Desk` written for numba: same order of orders, same arithmetic, the same judge. Days without a
live leg cost nothing; a day with live legs costs one pass over them for marks, and another only when one of them
is due. With `out.keep` it writes fills, blocks and positions; without it only the books of each session.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..data.panel import TRADING, UNLISTED
from . import kernel
from .kernel import EPS, Fill, Order, Purse, Quote
from .legs import CLOSE, OPEN, TOUCH, Reason
from .market import LegTable, Market, Point, Rules

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]

_ENTRY, _HOLD, _TARGET = int(Reason.ENTRY), int(Reason.HOLD), int(Reason.TARGET)
_MARGIN_CALL, _DELISTED, _END = int(Reason.MARGIN_CALL), int(Reason.DELISTED), int(Reason.END)
_BELOW_LOT, _UNPAIRED = int(Reason.BELOW_LOT), int(Reason.UNPAIRED)
_NO_PRICE, _BANKRUPT, _UNLISTED = int(Reason.NO_PRICE), int(Reason.BANKRUPT), int(Reason.UNLISTED)

# columns of State.leg
HELD, BASIS, PEAK, PLANNED, FILLED = range(5)
# columns of State.mark
ENTERING, FIRST_TRY, OPENED_ON, BOUGHT, EXIT, DUE = range(6)
# columns of State.book
CASH, NAV, GROSS, SHORT, CUT = range(5)
# columns of Out.count
FILLS, BLOCKS, POSITIONS = range(3)
NEVER = 2_000_000_000


class State(NamedTuple):
    """Working memory of one run; a leg's part is initialised when the leg is admitted."""

    leg: F8  # (L, 5)
    mark: I4  # (L, 6)
    live: I4  # (L,)
    taken: F8  # (N,)
    taken_row: I4  # (N,)
    paired: F8  # (M,)
    book: F8  # (5,)


class Out(NamedTuple):
    """What a run writes. Records beyond the capacity are counted but not kept."""

    keep: bool
    equity: F8  # (T,)
    cash: F8  # (T,) when kept, else (1,)
    long: F8
    short: F8
    borrow: F8
    dividends: F8
    fills: NDArray[Any]
    blocks: NDArray[Any]
    positions: NDArray[Any]
    count: NDArray[np.int64]  # (3,)
    totals: F8  # (6,): commission, stamp, levies, turnover, borrow, dividends


@njit(cache=True)
def _record(
    out: Out, legs: LegTable, k: int, t: int, at: int, fill: Fill, fx: float, why: int, cash: float
) -> None:
    n = out.count[FILLS]
    out.count[FILLS] = n + 1
    out.totals[0] += fill.commission * fx
    out.totals[1] += fill.stamp * fx
    out.totals[2] += fill.levies * fx
    out.totals[3] += abs(fill.shares) * fill.price * fx
    if out.keep and n < len(out.fills):
        r = out.fills[n]
        r["row"], r["at"], r["code"], r["leg"], r["reason"] = t, at, legs.code[k], k, why
        r["shares"], r["price"], r["fx"], r["cash"] = fill.shares, fill.price, fx, cash
        r["commission"], r["stamp"], r["levies"] = fill.commission * fx, fill.stamp * fx, fill.levies * fx


@njit(cache=True)
def _block(out: Out, legs: LegTable, k: int, t: int, at: int, wanted: float, filled: float, why: int) -> None:
    n = out.count[BLOCKS]
    out.count[BLOCKS] = n + 1
    if out.keep and n < len(out.blocks):
        r = out.blocks[n]
        r["row"], r["at"], r["code"], r["leg"], r["reason"] = t, at, legs.code[k], k, why
        r["wanted"], r["filled"] = wanted, filled


@njit(cache=True)
def _send(
    m: Market,
    legs: LegTable,
    rules: Rules,
    s: State,
    out: Out,
    k: int,
    t: int,
    order: Order,
    price: float,
    reason: int,
) -> None:
    """Judge one order and book what is granted."""
    i = legs.code[k]
    book, leg = s.book, s.leg[k]
    fx = m.fx[m.currency_of[i], t]
    used = s.taken[i] if s.taken_row[i] == t else 0.0
    allowed = np.floor(rules.participation * m.volume[i, t] + EPS) - used
    quote = Quote(
        m.status[i, t],
        price,
        m.high[i, t],
        m.low[i, t],
        m.up[i, t],
        m.down[i, t],
        float(m.lot_min[i, t]),
        float(m.lot_step[i, t]),
        float(m.max_order[i, t]),
        m.shortable[i, t],
        allowed,
    )
    opening = order.held == 0.0
    if opening:
        spend = 1.0 if order.wanted > 0.0 else rules.collateral - 1.0
        room = max(rules.max_gross * book[NAV] - book[GROSS], 0.0)
        purse = Purse(book[CASH] - rules.collateral * book[SHORT], spend, room, fx)
    else:
        purse = Purse(book[CASH], 1.0 if order.wanted > 0.0 else -1.0, np.inf, fx)
    table = m.tick_table[i, t]
    ticks = (m.tick_bounds[table], m.tick_sizes[table])
    fill = kernel.fill_order(order, quote, purse, rules.policy, ticks, m.costs[m.cost_class[i], t])
    side = legs.side[k]
    wanted = side * (leg[PLANNED] - leg[FILLED]) if opening else order.wanted
    if fill.shares != 0.0:
        book[CASH] -= (fill.shares * fill.price + fill.commission + fill.stamp + fill.levies) * fx
        value = abs(fill.shares) * fill.price * fx
        s.taken[i] = used + abs(fill.shares)
        s.taken_row[i] = t
        signed = value if opening else -value
        book[GROSS] = max(book[GROSS] + signed, 0.0)
        if side < 0.0:
            book[SHORT] = max(book[SHORT] + signed, 0.0)
        if opening:
            _opened(m, legs, s, k, t, fill)
        else:
            leg[HELD] += fill.shares
        _record(out, legs, k, t, order.at, fill, fx, reason, book[CASH])
    if abs(fill.shares) < abs(wanted) - EPS:
        _block(out, legs, k, t, order.at, wanted, fill.shares, fill.reason if fill.reason >= 0 else _UNPAIRED)


@njit(cache=True)
def _opened(m: Market, legs: LegTable, s: State, k: int, t: int, fill: Fill) -> None:
    leg, mark = s.leg[k], s.mark[k]
    shares = abs(fill.shares)
    if leg[HELD] == 0.0:
        leg[BASIS] = leg[PEAK] = fill.price
        mark[OPENED_ON] = m.done[m.exchange_of[legs.code[k]], t]
        mark[DUE] = -1
    else:
        leg[BASIS] = (leg[BASIS] * abs(leg[HELD]) + fill.price * shares) / (abs(leg[HELD]) + shares)
    leg[HELD] += fill.shares
    leg[FILLED] += shares
    mark[BOUGHT] = t
    if legs.side[k] > 0.0:
        s.paired[legs.pair[k]] += legs.weight[k] * shares / leg[PLANNED]
    if leg[FILLED] >= leg[PLANNED] - EPS:
        mark[ENTERING] = 0


@njit(cache=True)
def _start(m: Market, legs: LegTable, s: State, out: Out, t: int, n: int, action: int) -> int:
    """Corporate actions, borrow and delistings of session t; returns the next action's position."""
    cash_in = owed = 0.0
    while action < len(m.action_row) and m.action_row[action] < t:
        action += 1
    while action < len(m.action_row) and m.action_row[action] == t:
        i = m.action_code[action]
        terms = (m.action_terms[action, 0], m.action_terms[action, 1], m.action_terms[action, 2])
        price = m.ref[i, t] if m.ref[i, t] > 0.0 else m.mark[i, max(t - 1, 0)] / terms[0]
        for j in range(n):
            k = s.live[j]
            if legs.code[k] == i:
                leg = s.leg[k]
                if s.mark[k, ENTERING] and not np.isnan(leg[PLANNED]):
                    leg[PLANNED] = np.floor(leg[PLANNED] * terms[0] + EPS)
                    leg[FILLED] = np.floor(leg[FILLED] * terms[0] + EPS)
                if leg[HELD] != 0.0:
                    new = kernel.after_action(leg[HELD], leg[BASIS], leg[PEAK], terms, price)
                    leg[HELD], leg[BASIS], leg[PEAK] = new.shares, new.basis, new.peak
                    s.book[CASH] += new.cash * m.fx[m.currency_of[i], t]
                    cash_in += new.cash * m.fx[m.currency_of[i], t]
        action += 1
    if t > 0 and s.book[SHORT] > 0.0:
        for j in range(n):
            k = s.live[j]
            held = s.leg[k, HELD]
            if held < 0.0:
                i = legs.code[k]
                value = -held * m.mark[i, t - 1] * m.fx[m.currency_of[i], t - 1]
                charge = value * m.borrow[i, t - 1] * m.nights[t] / 365.0
                s.book[CASH] -= charge
                owed += charge
    out.totals[4] += owed
    out.totals[5] += cash_in
    if out.keep:
        out.borrow[t] = owed
        out.dividends[t] = cash_in
    return action


@njit(cache=True)
def _delist(m: Market, legs: LegTable, s: State, out: Out, t: int, k: int) -> None:
    """A delisted long is worth nothing, a delisted short is bought back at the last mark."""
    i = legs.code[k]
    s.mark[k, ENTERING] = 0
    held = s.leg[k, HELD]
    if held != 0.0:
        price = 0.0 if held > 0.0 else m.mark[i, t - 1]
        fx = m.fx[m.currency_of[i], t]
        s.book[CASH] += held * price * fx
        _record(out, legs, k, t, OPEN, Fill(-held, price, 0.0, 0.0, 0.0, -1), fx, _DELISTED, s.book[CASH])
        s.leg[k, HELD] = 0.0


@njit(cache=True)
def _exit(
    m: Market, legs: LegTable, rules: Rules, s: State, out: Out, k: int, t: int, at: int, ends: bool
) -> None:
    """Send the leg's exit, or its forced reduction, if it is due at this auction."""
    leg, mark = s.leg[k], s.mark[k]
    i = legs.code[k]
    if mark[EXIT] < 0 and legs.at[k] == at and t >= mark[DUE]:
        mark[EXIT] = _HOLD
    last = ends and at == CLOSE
    if last:
        mark[EXIT] = _END
    wanted = leg[HELD]
    reason = mark[EXIT]
    exits_at = CLOSE if reason == _HOLD and legs.at[k] == CLOSE else OPEN
    if reason < 0 or (at != exits_at and not last):
        if at != OPEN or s.book[CUT] <= 0.0:
            return
        part = kernel.reduction(leg[HELD], s.book[CUT], float(m.lot_step[i, t]))
        wanted = part if leg[HELD] > 0.0 else -part
        reason = _MARGIN_CALL
    else:
        mark[ENTERING] = 0
    sellable = not (mark[BOUGHT] == t and m.t_plus_one[i, t])
    price = m.open[i, t] if at == OPEN else m.close[i, t]
    _send(m, legs, rules, s, out, k, t, Order(-wanted, at, leg[HELD], sellable, False), price, reason)


@njit(cache=True)
def _enter(m: Market, legs: LegTable, rules: Rules, s: State, out: Out, p: Point, k: int, t: int) -> None:
    """Send the leg's entry; the last attempt ends it."""
    leg, mark = s.leg[k], s.mark[k]
    i = legs.code[k]
    at = legs.at[k]
    done = m.done[m.exchange_of[i], t]
    if mark[FIRST_TRY] < 0:
        mark[FIRST_TRY] = done
    wait = legs.wait[k] if p.wait < 0 else p.wait
    last = done - mark[FIRST_TRY] >= wait
    _attempt(m, legs, rules, s, out, p, k, t, at, i)
    if last:
        mark[ENTERING] = 0


@njit(cache=True)
def _attempt(
    m: Market, legs: LegTable, rules: Rules, s: State, out: Out, p: Point, k: int, t: int, at: int, i: int
) -> None:
    leg, mark = s.leg[k], s.mark[k]
    side = legs.side[k]
    if s.book[NAV] <= 0.0:
        _block(out, legs, k, t, at, 0.0, 0.0, _BANKRUPT)
        return
    lot_min, lot_step = float(m.lot_min[i, t]), float(m.lot_step[i, t])
    if np.isnan(leg[PLANNED]):
        price, fx = m.size_price[i, t], m.fx[m.currency_of[i], t - 1]
        if not price > 0.0:
            _block(out, legs, k, t, at, 0.0, 0.0, _UNLISTED if m.status[i, t] == UNLISTED else _NO_PRICE)
            return
        weight = legs.weight[k] * p.scale
        leg[PLANNED] = kernel.planned_shares(weight, s.book[NAV], price, fx, lot_min, lot_step)
        if leg[PLANNED] == 0.0:
            _block(out, legs, k, t, at, side * (weight * s.book[NAV] / (price * fx)), 0.0, _BELOW_LOT)
            mark[ENTERING] = 0
            return
    wanted = leg[PLANNED] - leg[FILLED]
    if rules.matched and side < 0.0:
        total = legs.pair_weight[legs.pair[k]]
        ratio = s.paired[legs.pair[k]] / total if total > 0.0 else 1.0
        wanted = min(
            wanted, kernel.lot_floor(leg[PLANNED] * min(ratio, 1.0), lot_min, lot_step) - leg[FILLED]
        )
        if wanted <= 0.0:
            _block(out, legs, k, t, at, side * (leg[PLANNED] - leg[FILLED]), 0.0, _UNPAIRED)
            return
    price = m.open[i, t] if at == OPEN else m.close[i, t]
    _send(m, legs, rules, s, out, k, t, Order(side * wanted, at, 0.0, True, False), price, _ENTRY)


@njit(cache=True)
def _auction(
    m: Market, legs: LegTable, rules: Rules, s: State, out: Out, p: Point, t: int, at: int, n: int, ends: I4
) -> None:
    """Sells, covers, then entries, each in leg order."""
    for sign in (1.0, -1.0):
        for j in range(n):
            k = s.live[j]
            e = m.exchange_of[legs.code[k]]
            if s.leg[k, HELD] * sign > 0.0 and m.is_open[e, t]:
                if s.mark[k, DUE] < 0:
                    hold = legs.hold[k] if p.hold < 0 else p.hold
                    s.mark[k, DUE] = m.row_of[e, min(s.mark[k, OPENED_ON] + hold, m.row_of.shape[1] - 1)]
                _exit(m, legs, rules, s, out, k, t, at, ends[e] == t)
    for j in range(n):
        k = s.live[j]
        if s.mark[k, ENTERING] and legs.at[k] == at and s.mark[k, EXIT] < 0:
            if m.is_open[m.exchange_of[legs.code[k]], t]:
                _enter(m, legs, rules, s, out, p, k, t)


@njit(cache=True)
def _leg_rules(legs: LegTable, p: Point, k: int) -> tuple[float, float, float]:
    stop = legs.stop[k] if np.isinf(p.stop) else p.stop
    target = legs.target[k] if np.isinf(p.target) else p.target
    trail = legs.trail[k] if np.isinf(p.trail) else p.trail
    return stop, target, trail


@njit(cache=True)
def _touched(m: Market, legs: LegTable, rules: Rules, s: State, out: Out, p: Point, t: int, n: int) -> None:
    for sign in (1.0, -1.0):
        for j in range(n):
            k = s.live[j]
            leg, mark = s.leg[k], s.mark[k]
            i = legs.code[k]
            if leg[HELD] * sign <= 0.0 or mark[EXIT] >= 0 or m.status[i, t] != TRADING:
                continue
            if mark[BOUGHT] == t and legs.at[k] == CLOSE:
                continue
            table = m.tick_table[i, t]
            ticks = (m.tick_bounds[table], m.tick_sizes[table])
            bar = (m.open[i, t], m.high[i, t], m.low[i, t])
            why, price = kernel.touch_signal(
                legs.side[k], leg[BASIS], leg[PEAK], bar, _leg_rules(legs, p, k), ticks
            )
            if why >= 0:
                mark[EXIT] = why
                mark[ENTERING] = 0
                sellable = not (mark[BOUGHT] == t and m.t_plus_one[i, t])
                order = Order(-leg[HELD], TOUCH, leg[HELD], sellable, why == _TARGET)
                _send(m, legs, rules, s, out, k, t, order, price, why)


@njit(cache=True)
def _end(
    m: Market, legs: LegTable, rules: Rules, s: State, out: Out, p: Point, t: int, n: int
) -> tuple[int, bool]:
    """Marks, signals and margin of session t; returns the live legs and whether any order may be due next session."""
    long = short = 0.0
    kept = 0
    busy = False
    for j in range(n):
        k = s.live[j]
        leg, mark = s.leg[k], s.mark[k]
        if leg[HELD] != 0.0:
            i = legs.code[k]
            side = legs.side[k]
            value = abs(leg[HELD]) * m.mark[i, t] * m.fx[m.currency_of[i], t]
            if side > 0.0:
                long += value
            else:
                short += value
            best = m.close[i, t]
            if best == best:
                if not rules.on_touch:
                    if mark[EXIT] < 0:
                        mark[EXIT] = kernel.close_signal(
                            side, leg[BASIS], leg[PEAK], best, _leg_rules(legs, p, k)
                        )
                else:
                    best = m.high[i, t] if side > 0.0 else m.low[i, t]
                leg[PEAK] = max(leg[PEAK], best) if side > 0.0 else min(leg[PEAK], best)
            if mark[EXIT] >= 0 or mark[ENTERING] or t + 1 >= mark[DUE]:
                busy = True
        elif not mark[ENTERING]:
            continue
        else:
            busy = True
        s.live[kept] = k
        kept += 1
    book = s.book
    book[NAV] = book[CASH] + long - short
    book[GROSS] = long + short
    book[SHORT] = short
    book[CUT] = 0.0
    if book[GROSS] > 0.0 and book[NAV] < rules.maintenance * book[GROSS]:
        book[CUT] = 1.0 - max(book[NAV], 0.0) * rules.max_gross / book[GROSS]
        busy = True
    out.equity[t] = book[NAV]
    if out.keep:
        out.cash[t], out.long[t], out.short[t] = book[CASH], long, short
        _positions(legs, s, out, t, kept)
    return kept, busy


@njit(cache=True)
def _positions(legs: LegTable, s: State, out: Out, t: int, n: int) -> None:
    """Net shares by code, in order of code."""
    first = out.count[POSITIONS]
    for j in range(n):
        k = s.live[j]
        if s.leg[k, HELD] == 0.0:
            continue
        code = legs.code[k]
        at = out.count[POSITIONS]
        while at > first and at - 1 < len(out.positions) and out.positions[at - 1]["code"] > code:
            at -= 1
        if at > first and at - 1 < len(out.positions) and out.positions[at - 1]["code"] == code:
            out.positions[at - 1]["shares"] += s.leg[k, HELD]
            continue
        stop = min(out.count[POSITIONS], len(out.positions) - 1)
        for q in range(stop, at, -1):
            out.positions[q] = out.positions[q - 1]
        if at < len(out.positions):
            out.positions[at]["row"], out.positions[at]["code"] = t, code
            out.positions[at]["shares"] = s.leg[k, HELD]
        out.count[POSITIONS] += 1


@njit(cache=True)
def run_days(m: Market, legs: LegTable, rules: Rules, p: Point, s: State, out: Out, ends: I4) -> None:
    """Run one portfolio from the first row to the last. `ends[e]`: row of the forced close-out, −1 for none."""
    rows = m.status.shape[1]
    s.book[:] = 0.0
    s.book[CASH] = s.book[NAV] = rules.capital
    s.paired[:] = 0.0
    s.taken_row[:] = -1
    out.count[:] = 0
    out.totals[:] = 0.0
    n = action = following = 0
    has_close = rules.close_out
    for k in range(len(legs.at)):
        has_close |= legs.at[k] == CLOSE
    busy = False
    t = 0
    while t < rows:
        if n == 0:
            until = legs.row[following] if following < len(legs.row) else rows
            for q in range(t, min(until, rows)):
                out.equity[q] = s.book[NAV]
                if out.keep:
                    out.cash[q] = s.book[CASH]
            t = max(t, until)
            if t >= rows:
                break
        while following < len(legs.row) and legs.row[following] <= t:
            k = following
            s.leg[k, HELD], s.leg[k, BASIS], s.leg[k, PEAK], s.leg[k, PLANNED], s.leg[k, FILLED] = (
                0.0,
                np.nan,
                np.nan,
                np.nan,
                0.0,
            )
            s.mark[k, ENTERING], s.mark[k, FIRST_TRY], s.mark[k, OPENED_ON] = 1, -1, -1
            s.mark[k, BOUGHT], s.mark[k, EXIT], s.mark[k, DUE] = -1, -1, NEVER
            s.live[n] = k
            n += 1
            following += 1
            busy = True
        action = _start(m, legs, s, out, t, n, action)
        for j in range(n):
            if t >= m.delisted[legs.code[s.live[j]]]:
                _delist(m, legs, s, out, t, s.live[j])
        if busy:
            _auction(m, legs, rules, s, out, p, t, OPEN, n, ends)
        if rules.on_touch:
            _touched(m, legs, rules, s, out, p, t, n)
        if has_close:
            _auction(m, legs, rules, s, out, p, t, CLOSE, n, ends)
        n, busy = _end(m, legs, rules, s, out, p, t, n)
        t += 1
