"""The compiled portfolio: every session with a live leg, every rule, in the desk's order.

`run_days` is `desk.Desk` written for numba: the same order of orders, the same arithmetic, the same judge. Each
helper is inlined where it is used once, because handing tuples of arrays from function to function costs more than
the work itself. Days without a live leg cost nothing; a day costs one pass over the live legs for marks, and a pass
over those that are due.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data.panel import TRADING, UNLISTED
from . import kernel, market
from .compiled import njit
from .kernel import EPS, Fill, Levels, Order, Purse, Quote
from .legs import CLOSE, OPEN, TOUCH, Reason
from .market import Point, Rules, Windows

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]

_ENTRY, _HOLD, _TARGET = int(Reason.ENTRY), int(Reason.HOLD), int(Reason.TARGET)
_MARGIN_CALL, _DELISTED, _END = int(Reason.MARGIN_CALL), int(Reason.DELISTED), int(Reason.END)
_BELOW_LOT, _UNPAIRED = int(Reason.BELOW_LOT), int(Reason.UNPAIRED)
_NO_PRICE, _BANKRUPT, _UNLISTED = int(Reason.NO_PRICE), int(Reason.BANKRUPT), int(Reason.UNLISTED)

# columns of State.leg: a leg's position, one cache line
HELD, BASIS, PEAK, PLANNED, FILLED, LOW_LEVEL, HIGH_LEVEL, FALL = range(8)
# columns of State.mark
ENTERING, FIRST_TRY, OPENED_ON, BOUGHT, EXIT, DUE = range(6)
# columns of State.book
CASH, NAV, GROSS, SHORT, CUT, OWED = range(6)
# columns of Out.counts and Out.totals
FILLS, BLOCKS, POSITIONS = range(3)
COMMISSION, STAMP, LEVY, TRADED, BORROWED, DIVIDENDS = range(6)
NEVER = 2_000_000_000


class State(NamedTuple):
    """Working memory of one run; a leg's part is initialised when the leg is admitted."""

    leg: F8  # (L, 8)
    mark: I4  # (L, 6)
    live: I4  # (L,)
    queue: I4  # (2 L,): legs whose orders are due, exits first
    taken: F8  # (N,)
    taken_row: I4  # (N,)
    paired: F8  # (M,)
    book: F8  # (6,)


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
    counts: NDArray[np.int64]  # (3,)
    totals: F8  # (6,)


@njit(_nrt=False)
def _keep_fill(
    fills: NDArray[Any], n: int, ids: tuple[int, int, int, int, int], fill: Fill, fx: float, cash: float
) -> None:
    if n < len(fills):
        r = fills[n]
        r["row"], r["at"], r["code"], r["leg"], r["reason"] = ids
        r["shares"], r["price"], r["fx"], r["cash"] = fill.shares, fill.price, fx, cash
        r["commission"], r["stamp"], r["levies"] = fill.commission * fx, fill.stamp * fx, fill.levies * fx


@njit(_nrt=False)
def _keep_block(
    blocks: NDArray[Any], n: int, ids: tuple[int, int, int, int, int], wanted: float, filled: float
) -> None:
    if n < len(blocks):
        r = blocks[n]
        r["row"], r["at"], r["code"], r["leg"], r["reason"] = ids
        r["wanted"], r["filled"] = wanted, filled


@njit(_nrt=False)
def _keep_position(positions: NDArray[Any], first: int, stop: int, t: int, code: int, shares: float) -> int:
    """Add shares to the session's row of the code, kept in order of code; returns the new end."""
    at = stop
    while at > first and at - 1 < len(positions) and positions[at - 1]["code"] > code:
        at -= 1
    if at > first and at - 1 < len(positions) and positions[at - 1]["code"] == code:
        positions[at - 1]["shares"] += shares
        return stop
    for q in range(min(stop, len(positions) - 1), at, -1):
        positions[q] = positions[q - 1]
    if at < len(positions):
        r = positions[at]
        r["row"], r["code"], r["shares"] = t, code, shares
    return stop + 1


@njit(_nrt=False, inline="always")
def _block(w: Windows, out: Out, k: int, t: int, at: int, wanted: float, filled: float, why: int) -> None:
    n = out.counts[BLOCKS]
    out.counts[BLOCKS] = n + 1
    if out.keep:
        _keep_block(out.blocks, n, (t, at, w.whole[k, market.CODE], k, why), wanted, filled)


@njit(_nrt=False, inline="always")
def _record(
    w: Windows, out: Out, k: int, t: int, at: int, fill: Fill, fx: float, why: int, cash: float
) -> None:
    n = out.counts[FILLS]
    out.counts[FILLS] = n + 1
    out.totals[COMMISSION] += fill.commission * fx
    out.totals[STAMP] += fill.stamp * fx
    out.totals[LEVY] += fill.levies * fx
    out.totals[TRADED] += abs(fill.shares) * fill.price * fx
    if out.keep:
        _keep_fill(out.fills, n, (t, at, w.whole[k, market.CODE], k, why), fill, fx, cash)


@njit(_nrt=False, inline="always")
def _leg_rules(w: Windows, p: Point, k: int) -> tuple[float, float, float]:
    stop = w.real[k, market.STOP] if np.isinf(p.stop) else p.stop
    target = w.real[k, market.TARGET] if np.isinf(p.target) else p.target
    trail = w.real[k, market.TRAIL] if np.isinf(p.trail) else p.trail
    return stop, target, trail


@njit(_nrt=False, inline="always")
def _set_levels(w: Windows, p: Point, s: State, k: int) -> None:
    """The close levels that follow from the leg's basis."""
    levels = kernel.exit_levels(w.real[k, market.SIDE], s.leg[k, BASIS], _leg_rules(w, p, k))
    s.leg[k, LOW_LEVEL], s.leg[k, HIGH_LEVEL], s.leg[k, FALL] = levels.stop, levels.target, levels.fall


@njit(_nrt=False, inline="always")
def _admit(s: State, k: int, n: int) -> None:
    s.leg[k, HELD], s.leg[k, FILLED] = 0.0, 0.0
    s.leg[k, PLANNED] = np.nan
    s.mark[k, ENTERING], s.mark[k, FIRST_TRY], s.mark[k, OPENED_ON] = 1, -1, -1
    s.mark[k, BOUGHT], s.mark[k, EXIT], s.mark[k, DUE] = -1, -1, NEVER
    s.live[n] = k


@njit(_nrt=False, inline="always")
def _opened(w: Windows, s: State, p: Point, k: int, t: int, done: int, fill: Fill) -> None:
    """Book an entry into the leg; its exit is due `hold` sessions of its exchange after the first fill."""
    shares = abs(fill.shares)
    if s.leg[k, HELD] == 0.0:
        s.leg[k, BASIS] = s.leg[k, PEAK] = fill.price
        hold = w.whole[k, market.HOLD] if p.hold < 0 else p.hold
        s.mark[k, OPENED_ON] = done
        s.mark[k, DUE] = w.row_of[w.whole[k, market.EXCHANGE], min(done + hold, w.row_of.shape[1] - 1)]
    else:
        s.leg[k, BASIS] = (s.leg[k, BASIS] * abs(s.leg[k, HELD]) + fill.price * shares) / (
            abs(s.leg[k, HELD]) + shares
        )
    _set_levels(w, p, s, k)
    s.leg[k, HELD] += fill.shares
    s.leg[k, FILLED] += shares
    s.mark[k, BOUGHT] = t
    if w.real[k, market.SIDE] > 0.0:
        s.paired[w.whole[k, market.PAIR]] += w.real[k, market.WEIGHT] * shares / s.leg[k, PLANNED]
    if s.leg[k, FILLED] >= s.leg[k, PLANNED] - EPS:
        s.mark[k, ENTERING] = 0


@njit(_nrt=False)
def _act(w: Windows, p: Point, s: State, t: int, n: int, action: int) -> float:
    """One corporate action on the live legs of its code; returns the cash that came in, base money."""
    i = w.action_code[action]
    terms = (w.action_terms[action, 0], w.action_terms[action, 1], w.action_terms[action, 2])
    received = 0.0
    for j in range(n):
        k = s.live[j]
        if w.whole[k, market.CODE] != i:
            continue
        if s.mark[k, ENTERING] and not np.isnan(s.leg[k, PLANNED]):
            s.leg[k, PLANNED] = np.floor(s.leg[k, PLANNED] * terms[0] + EPS)
            s.leg[k, FILLED] = np.floor(s.leg[k, FILLED] * terms[0] + EPS)
        if s.leg[k, HELD] != 0.0:
            r = w.whole[k, market.START] + t - w.whole[k, market.ROW]
            price = (
                w.quote[r, market.REF]
                if w.quote[r, market.REF] > 0.0
                else w.quote[r - 1, market.MARK] / terms[0]
            )
            new = kernel.after_action(s.leg[k, HELD], s.leg[k, BASIS], s.leg[k, PEAK], terms, price)
            s.leg[k, HELD], s.leg[k, BASIS], s.leg[k, PEAK] = new.shares, new.basis, new.peak
            _set_levels(w, p, s, k)
            s.book[CASH] += new.cash * w.quote[r, market.FX]
            received += new.cash * w.quote[r, market.FX]
    return received


@njit(_nrt=False)
def _delist(w: Windows, s: State, out: Out, t: int, k: int) -> None:
    """A delisted long is worth nothing, a delisted short is bought back at the last mark."""
    s.mark[k, ENTERING] = 0
    held = s.leg[k, HELD]
    if held != 0.0:
        r = w.whole[k, market.START] + t - w.whole[k, market.ROW]
        price = 0.0 if held > 0.0 else w.quote[r - 1, market.MARK]
        fx = w.quote[r, market.FX]
        s.book[CASH] += held * price * fx
        _record(w, out, k, t, OPEN, Fill(-held, price, 0.0, 0.0, 0.0, -1), fx, _DELISTED, s.book[CASH])
        s.leg[k, HELD] = 0.0


@njit(_nrt=False, inline="always")
def _queue_auction(w: Windows, s: State, t: int, at: int, n: int, ends: I4) -> tuple[int, int]:
    """Put what may be due at an auction into the queue: sells, covers, then entries; returns where each part ends."""
    exits = 0
    for sign in (1.0, -1.0):
        for j in range(n):
            k = s.live[j]
            if s.leg[k, HELD] * sign > 0.0:
                last = at == CLOSE and ends[w.whole[k, market.EXCHANGE]] == t
                if s.mark[k, EXIT] >= 0 or t >= s.mark[k, DUE] or s.book[CUT] > 0.0 or last:
                    s.queue[exits] = k
                    exits += 1
    total = exits
    for j in range(n):
        k = s.live[j]
        if s.mark[k, ENTERING] and w.whole[k, market.AT] == at:
            s.queue[total] = k
            total += 1
    return exits, total


@njit(_nrt=False, inline="always")
def _queue_touched(w: Windows, s: State, t: int, n: int) -> int:
    """Put the legs that may be touched inside the bar into the queue: longs, then shorts."""
    total = 0
    for sign in (1.0, -1.0):
        for j in range(n):
            k = s.live[j]
            if s.leg[k, HELD] * sign > 0.0 and s.mark[k, EXIT] < 0:
                fresh = s.mark[k, BOUGHT] == t and w.whole[k, market.AT] == CLOSE
                if (
                    not fresh
                    and w.flag[w.whole[k, market.START] + t - w.whole[k, market.ROW], market.STATUS]
                    == TRADING
                ):
                    s.queue[total] = k
                    total += 1
    return total


@njit(_nrt=False, inline="always")
def _exit_order(w: Windows, s: State, k: int, t: int, at: int, r: int, ends: I4) -> tuple[float, int]:
    """Signed shares to trade and the reason when the leg's exit or forced reduction is due at this auction, else 0.0."""
    if s.mark[k, EXIT] < 0 and w.whole[k, market.AT] == at and t >= s.mark[k, DUE]:
        s.mark[k, EXIT] = _HOLD
    last = at == CLOSE and ends[w.whole[k, market.EXCHANGE]] == t
    if last:
        s.mark[k, EXIT] = _END
    reason = s.mark[k, EXIT]
    exits_at = CLOSE if reason == _HOLD and w.whole[k, market.AT] == CLOSE else OPEN
    if reason >= 0 and (at == exits_at or last):
        s.mark[k, ENTERING] = 0
        return -s.leg[k, HELD], reason
    if at == OPEN and s.book[CUT] > 0.0:
        part = kernel.reduction(s.leg[k, HELD], s.book[CUT], w.quote[r, market.LOT_STEP])
        return (-part if s.leg[k, HELD] > 0.0 else part), _MARGIN_CALL
    return 0.0, -1


@njit(_nrt=False, inline="always")
def _touch_order(w: Windows, s: State, p: Point, k: int, r: int) -> tuple[float, int, float]:
    """Signed shares, reason and price when a rule is touched inside the bar, else 0.0."""
    table = w.flag[r, market.TICKS]
    bar = (w.quote[r, market.OPENS], w.quote[r, market.HIGH], w.quote[r, market.LOW])
    side = w.real[k, market.SIDE]
    why, price = kernel.touch_signal(
        side, s.leg[k, BASIS], s.leg[k, PEAK], bar, _leg_rules(w, p, k), w.tables, table
    )
    if why < 0:
        return 0.0, -1, 0.0
    s.mark[k, EXIT] = why
    s.mark[k, ENTERING] = 0
    return -s.leg[k, HELD], why, price


@njit(_nrt=False, inline="always")
def _entry_order(w: Windows, rules: Rules, s: State, out: Out, p: Point, k: int, t: int, r: int) -> float:
    """Signed shares that the leg's entry wants now, else 0.0 with the reason booked as a block."""
    side, at = w.real[k, market.SIDE], w.whole[k, market.AT]
    if s.book[NAV] <= 0.0:
        _block(w, out, k, t, at, 0.0, 0.0, _BANKRUPT)
        return 0.0
    if np.isnan(s.leg[k, PLANNED]):
        price = w.quote[r, market.SIZE_PRICE]
        if not price > 0.0:
            _block(
                w, out, k, t, at, 0.0, 0.0, _UNLISTED if w.flag[r, market.STATUS] == UNLISTED else _NO_PRICE
            )
            return 0.0
        weight = w.real[k, market.WEIGHT] * p.scale
        s.leg[k, PLANNED] = kernel.planned_shares(
            weight,
            s.book[NAV],
            price,
            w.quote[r, market.FX_BEFORE],
            w.quote[r, market.LOT_MIN],
            w.quote[r, market.LOT_STEP],
        )
        if s.leg[k, PLANNED] == 0.0:
            raw = side * (weight * s.book[NAV] / (price * w.quote[r, market.FX_BEFORE]))
            _block(w, out, k, t, at, raw, 0.0, _BELOW_LOT)
            s.mark[k, ENTERING] = 0
            return 0.0
    wanted = s.leg[k, PLANNED] - s.leg[k, FILLED]
    if rules.matched and side < 0.0:
        total = w.pair_weight[w.whole[k, market.PAIR]]
        ratio = s.paired[w.whole[k, market.PAIR]] / total if total > 0.0 else 1.0
        paired = kernel.lot_floor(
            s.leg[k, PLANNED] * min(ratio, 1.0), w.quote[r, market.LOT_MIN], w.quote[r, market.LOT_STEP]
        )
        wanted = min(wanted, paired - s.leg[k, FILLED])
        if wanted <= 0.0:
            _block(w, out, k, t, at, side * (s.leg[k, PLANNED] - s.leg[k, FILLED]), 0.0, _UNPAIRED)
            return 0.0
    return side * wanted


@njit(_nrt=False, inline="always")
def _grant(w: Windows, rules: Rules, s: State, r: int, order: Order, price: float, used: float) -> Fill:
    """The judge's answer to one order."""
    bits = w.flag[r, market.BITS]
    allowed = np.floor(rules.participation * w.quote[r, market.VOLUME] + EPS) - used
    quote = Quote(
        w.flag[r, market.STATUS], price, w.quote[r, market.HIGH], w.quote[r, market.LOW], w.quote[r, market.UP], w.quote[r, market.DOWN],
        w.quote[r, market.LOT_MIN], w.quote[r, market.LOT_STEP], w.quote[r, market.MAX_ORDER], (bits & market.SHORTABLE_BIT) != 0, allowed,
        w.flag[r, market.TICKS], w.flag[r, market.COST_ROW],
    )  # fmt: skip
    budget, spend, room = s.book[CASH], (1.0 if order.wanted > 0.0 else -1.0), np.inf
    if order.held == 0.0:
        budget = s.book[CASH] - rules.collateral * s.book[SHORT]
        room = max(rules.max_gross * s.book[NAV] - s.book[GROSS], 0.0)
        if order.wanted < 0.0:
            spend = rules.collateral - 1.0
    purse = Purse(budget, spend, room, w.quote[r, market.FX])
    return kernel.fill_order(order, quote, purse, rules.policy, w.tables)


@njit(_nrt=False)
def run_days(w: Windows, rules: Rules, p: Point, s: State, out: Out, ends: I4) -> bool:
    """Run one portfolio from the first row to the last; False when a leg outlived its window.

    `ends[e]`: row of exchange e's forced close-out, −1 for none.
    """
    rows, legs = len(w.nights), len(w.whole)
    s.book[:] = 0.0
    s.book[CASH] = s.book[NAV] = rules.capital
    s.paired[:] = 0.0
    s.taken_row[:] = -1
    out.counts[:] = 0
    out.totals[:] = 0.0
    has_close = rules.close_out
    for k in range(legs):
        has_close |= w.whole[k, market.AT] == CLOSE
    n = action = following = t = 0
    busy = False
    while t < rows:
        if n == 0:
            until = min(w.whole[following, market.ROW], rows) if following < legs else rows
            for idle in range(t, until):
                out.equity[idle] = s.book[NAV]
                if out.keep:
                    out.cash[idle] = s.book[CASH]
            t = max(t, until)
            if t >= rows:
                break
        while following < legs and w.whole[following, market.ROW] <= t:
            _admit(s, following, n)
            n, following, busy = n + 1, following + 1, True

        # borrow of the night, corporate actions, delistings
        s.book[CASH] -= s.book[OWED]
        out.totals[BORROWED] += s.book[OWED]
        received = 0.0
        while action < len(w.action_row) and w.action_row[action] <= t:
            if w.action_row[action] == t:
                received += _act(w, p, s, t, n, action)
            action += 1
        out.totals[DIVIDENDS] += received
        if out.keep:
            out.borrow[t], out.dividends[t] = s.book[OWED], received
        s.book[OWED] = 0.0
        for j in range(n):
            if t >= w.whole[s.live[j], market.GONE]:
                _delist(w, s, out, t, s.live[j])

        # the open, prices touched inside the bar, the close
        for at in range(3):
            if (
                (at == OPEN and not busy)
                or (at == TOUCH and not rules.on_touch)
                or (at == CLOSE and not has_close)
            ):
                continue
            if at == TOUCH:
                exits = total = _queue_touched(w, s, t, n)
            else:
                exits, total = _queue_auction(w, s, t, at, n, ends)
            for j in range(total):
                k = s.queue[j]
                r = w.whole[k, market.START] + t - w.whole[k, market.ROW]
                if r >= w.whole[k, market.START] + w.whole[k, market.LENGTH]:
                    return False
                if not w.flag[r, market.IS_OPEN] or (
                    j >= exits and (s.mark[k, ENTERING] == 0 or s.mark[k, EXIT] >= 0)
                ):
                    continue
                done, last = w.flag[r, market.DONE], False
                price = w.quote[r, market.OPENS] if at == OPEN else w.quote[r, market.SHUT]
                held, reason = s.leg[k, HELD], _ENTRY
                if j >= exits:
                    if s.mark[k, FIRST_TRY] < 0:
                        s.mark[k, FIRST_TRY] = done
                    wait = w.whole[k, market.WAIT] if p.wait < 0 else p.wait
                    last = done - s.mark[k, FIRST_TRY] >= wait
                    held = 0.0
                    shares = _entry_order(w, rules, s, out, p, k, t, r)
                elif at == TOUCH:
                    shares, reason, price = _touch_order(w, s, p, k, r)
                else:
                    shares, reason = _exit_order(w, s, k, t, at, r, ends)
                if shares != 0.0:
                    i = w.whole[k, market.CODE]
                    locked = s.mark[k, BOUGHT] == t and (w.flag[r, market.BITS] & market.T_PLUS_ONE_BIT) != 0
                    order = Order(shares, at, held, not locked, at == TOUCH and reason == _TARGET)
                    used = s.taken[i] if s.taken_row[i] == t else 0.0
                    fill = _grant(w, rules, s, r, order, price, used)
                    wanted = shares
                    if held == 0.0:
                        wanted = w.real[k, market.SIDE] * (s.leg[k, PLANNED] - s.leg[k, FILLED])
                    if fill.shares != 0.0:
                        fx = w.quote[r, market.FX]
                        s.book[CASH] -= (
                            fill.shares * fill.price + fill.commission + fill.stamp + fill.levies
                        ) * fx
                        value = abs(fill.shares) * fill.price * fx
                        s.taken[i], s.taken_row[i] = used + abs(fill.shares), t
                        signed = value if held == 0.0 else -value
                        s.book[GROSS] = max(s.book[GROSS] + signed, 0.0)
                        if w.real[k, market.SIDE] < 0.0:
                            s.book[SHORT] = max(s.book[SHORT] + signed, 0.0)
                        if held == 0.0:
                            _opened(w, s, p, k, t, done, fill)
                        else:
                            s.leg[k, HELD] += fill.shares
                        _record(w, out, k, t, at, fill, fx, reason, s.book[CASH])
                    if abs(fill.shares) < abs(wanted) - EPS:
                        why = fill.reason if fill.reason >= 0 else _UNPAIRED
                        _block(w, out, k, t, at, wanted, fill.shares, why)
                if last:
                    s.mark[k, ENTERING] = 0

        # marks, signals, margin
        long = short = 0.0
        kept = 0
        busy = False
        first_position = out.counts[POSITIONS]
        for j in range(n):
            k = s.live[j]
            held = s.leg[k, HELD]
            if held != 0.0:
                step = t - w.whole[k, market.ROW]
                if step >= w.whole[k, market.LENGTH]:
                    return False
                r = w.whole[k, market.START] + step
                value = abs(held) * w.quote[r, market.MARK] * w.quote[r, market.FX]
                side = 1.0
                if held > 0.0:
                    long += value
                else:
                    side = -1.0
                    short += value
                    s.book[OWED] += value * w.quote[r, market.BORROW]
                best = w.quote[r, market.SHUT]
                if best == best:
                    if rules.on_touch:
                        best = w.quote[r, market.HIGH] if held > 0.0 else w.quote[r, market.LOW]
                    elif s.mark[k, EXIT] < 0:
                        levels = Levels(s.leg[k, LOW_LEVEL], s.leg[k, HIGH_LEVEL], s.leg[k, FALL])
                        s.mark[k, EXIT] = kernel.close_signal(side * best, side * s.leg[k, PEAK], levels)
                    s.leg[k, PEAK] = max(s.leg[k, PEAK], best) if held > 0.0 else min(s.leg[k, PEAK], best)
                if s.mark[k, EXIT] >= 0 or s.mark[k, ENTERING] or t + 1 >= s.mark[k, DUE]:
                    busy = True
                if out.keep:
                    code = w.whole[k, market.CODE]
                    out.counts[POSITIONS] = _keep_position(
                        out.positions, first_position, out.counts[POSITIONS], t, code, held
                    )
            elif s.mark[k, ENTERING]:
                busy = True
            else:
                continue
            s.live[kept] = k
            kept += 1
        n = kept
        s.book[NAV] = s.book[CASH] + long - short
        s.book[GROSS], s.book[SHORT], s.book[CUT] = long + short, short, 0.0
        if s.book[GROSS] > 0.0 and s.book[NAV] < rules.maintenance * s.book[GROSS]:
            s.book[CUT] = 1.0 - max(s.book[NAV], 0.0) * rules.max_gross / s.book[GROSS]
            busy = True
        out.equity[t] = s.book[NAV]
        if out.keep:
            out.cash[t], out.long[t], out.short[t] = s.book[CASH], long, short
        t += 1
    return True
