"""What a leg orders and what comes of it, compiled: the same rules in the same order as `desk.Desk`.

Each function is inlined where it is used once, because handing tuples of arrays from function to function costs
more than the work itself.
"""

from typing import Any

import numpy as np

from ...data.arrays import I4
from ..judge.exits import after_action, reduction, touch_signal
from ..judge.fill import account_answer, fill_order, legal_size, lot_floor
from ..judge.records import EPS, Fill, Lots, Order, Purse, Quote
from ..legs import CLOSE, OPEN, TOUCH, Reason
from ..njit import compiled, inlined
from . import windows as market
from .state import CASH, CUT, GROSS, NAV, SHORT, Out, State, record_block, record_fill
from .windows import Point, Rules, Windows

_ENTRY, _HOLD, _TARGET = int(Reason.ENTRY), int(Reason.HOLD), int(Reason.TARGET)
_MARGIN_CALL, _END = int(Reason.MARGIN_CALL), int(Reason.END)
_DELISTED, _T_PLUS_ONE = int(Reason.DELISTED), int(Reason.T_PLUS_ONE)
_SUSPENDED, _UNLISTED, _CLOSED = int(Reason.SUSPENDED), int(Reason.UNLISTED), int(Reason.MARKET_CLOSED)
_BELOW_LOT, _UNPAIRED = int(Reason.BELOW_LOT), int(Reason.UNPAIRED)
_NO_PRICE, _BANKRUPT = int(Reason.NO_PRICE), int(Reason.BANKRUPT)


@inlined
def leg_rules(w: Windows, p: Point, k: int) -> tuple[float, float, float]:
    """Stop, target and trail of a leg at a parameter point."""
    stop = w.leg[k]["stop"] if p.stop == np.inf else p.stop
    target = w.leg[k]["target"] if p.target == np.inf else p.target
    trail = w.leg[k]["trail"] if p.trail == np.inf else p.trail
    return stop, target, trail


@inlined
def exit_order(
    w: Windows, s: State, k: int, at: int, t: int, last: bool, lot_step: float
) -> tuple[float, int]:
    """Signed shares and the reason when a leg's exit or forced reduction is due at this auction, else 0.0."""
    reason = s.leg[k]["exit"]
    if last:
        reason = _END
    elif reason < 0 and t >= s.leg[k]["due"] and w.leg[k]["at"] == at:
        reason = _HOLD
    if reason >= 0:
        s.leg[k]["exit"] = reason
        if last or at == (w.leg[k]["at"] if reason == _HOLD else OPEN):
            s.leg[k]["entering"] = 0
            return -s.leg[k]["held"], reason
    if at == OPEN and s.book[CUT] > 0.0:
        part = reduction(s.leg[k]["held"], s.book[CUT], lot_step)
        return (-part if s.leg[k]["held"] > 0.0 else part), _MARGIN_CALL
    return 0.0, -1


@compiled
def touched(w: Windows, s: State, p: Point, k: int, r: int) -> tuple[int, float]:
    """The rule touched inside the bar and the price it trades at, or −1."""
    bar = (w.bar[r, market.OPENS], w.bar[r, market.HIGH], w.bar[r, market.LOW])
    table = int(w.bar[r, market.TICKS])
    side = w.leg[k]["side"]
    return touch_signal(side, s.leg[k]["basis"], s.leg[k]["peak"], bar, leg_rules(w, p, k), w.tables, table)


@inlined
def entry_order(
    w: Windows, rules: Rules, s: State, out: Out, p: Point, k: int, t: int, at: int, line: Any
) -> float:
    """Signed shares that the leg's entry wants now, else 0.0 with the reason booked as a block."""
    side = w.leg[k]["side"]
    if s.book[NAV] <= 0.0:
        record_block(w, out, k, t, at, 0.0, 0.0, _BANKRUPT)
        return 0.0
    lot_min, lot_step = float(line["lot_min"]), float(line["lot_step"])
    if np.isnan(s.leg[k]["planned"]):
        part = line["part"]
        if part != part:
            unlisted = (line["flags"] & market.NOT_YET_LISTED) != 0
            record_block(w, out, k, t, at, 0.0, 0.0, _UNLISTED if unlisted else _NO_PRICE)
            return 0.0
        raw = part * p.scale * s.book[NAV]
        planned = lot_floor(raw, lot_min, lot_step)
        s.leg[k]["planned"] = planned
        if planned == 0.0:
            record_block(w, out, k, t, at, side * raw, 0.0, _BELOW_LOT)
            s.leg[k]["entering"] = 0
            return 0.0
        wanted = planned
    else:
        planned = s.leg[k]["planned"]
        wanted = planned - s.leg[k]["filled"]
    if rules.matched and side < 0.0:
        total = w.pair_weight[w.leg[k]["pair"]]
        ratio = s.paired[w.leg[k]["pair"]] / total if total > 0.0 else 1.0
        paired = lot_floor(planned * min(ratio, 1.0), lot_min, lot_step)
        if paired - s.leg[k]["filled"] <= 0.0:
            record_block(w, out, k, t, at, side * wanted, 0.0, _UNPAIRED)
            return 0.0
        wanted = min(wanted, paired - s.leg[k]["filled"])
    return side * wanted


@inlined
def _purse(rules: Rules, s: State, wanted: float, opening: bool, fx: float) -> Purse:
    """What the account allows an order of `wanted` shares."""
    budget, spend, room = s.book[CASH], (1.0 if wanted > 0.0 else -1.0), np.inf
    if opening:
        budget = s.book[CASH] - rules.collateral * s.book[SHORT]
        room = rules.max_gross * s.book[NAV] - s.book[GROSS]
        room = room if room > 0.0 else 0.0
        if wanted < 0.0:
            spend = rules.collateral - 1.0
    return Purse(budget, spend, room, fx)


@inlined
def _lots(line: Any, used: float) -> Lots:
    regime: Any = np.uint64(line["cost_row"])
    return Lots(
        float(line["lot_min"]), float(line["lot_step"]), float(line["max_order"]),
        line["allowed"] - used, regime,
    )  # fmt: skip


@inlined
def judged(w: Windows, rules: Rules, s: State, line: Any, order: Order, legal: bool, used: float) -> Fill:
    """What comes of one order at an auction: the exchange's answer stands in `line`, the account's follows.

    `legal`: the order is known to be of a size that the exchange takes.
    """
    opening = order.held == 0.0
    price = line["enter"] if opening else line["leave"]
    why: Any = np.int64(line["why_enter"] if opening else line["why_leave"])
    if not order.sellable and why != _SUSPENDED and why != _UNLISTED and why != _CLOSED:
        why = _T_PLUS_ONE
    if why >= 0:
        return Fill(0.0, 0.0, 0.0, 0.0, 0.0, why)
    lots, purse = _lots(line, used), _purse(rules, s, order.wanted, opening, line["fx"])
    shares = abs(order.wanted)
    if not legal:
        shares = legal_size(shares, order.held, lots)
    return account_answer(order, shares, price, lots, purse, w.tables.costs)


@compiled
def judged_inside(
    w: Windows, rules: Rules, s: State, r: int, order: Order, price: float, used: float
) -> Fill:
    """What comes of an order at a price touched inside the bar."""
    bar, line = w.bar[r], w.order[r]
    lots = _lots(line, used)
    quote = Quote(
        int(bar[market.STATUS]), price, bar[market.HIGH], bar[market.LOW], bar[market.UP], bar[market.DOWN],
        lots.lot_min, lots.lot_step, lots.max_order, True, lots.volume, int(bar[market.TICKS]), lots.cost_row,
    )  # fmt: skip
    purse = _purse(rules, s, order.wanted, False, line["fx"])
    return fill_order(order, quote, purse, rules.policy, w.tables)


@inlined
def _move(s: State, fill: Fill, side: float, signed: float, fx: float) -> None:
    """Cash and exposure after a fill; `signed`: the value that it adds to the exposure."""
    s.book[CASH] -= (fill.shares * fill.price + fill.commission + fill.stamp + fill.levies) * fx
    gross = s.book[GROSS] + signed
    s.book[GROSS] = gross if gross > 0.0 else 0.0
    if side < 0.0:
        short = s.book[SHORT] + signed
        s.book[SHORT] = short if short > 0.0 else 0.0


@inlined
def _book_entry(w: Windows, s: State, p: Point, k: int, t: int, fill: Fill, line: Any, matched: bool) -> None:
    """A fill of leg k's entry; the first one sets the day it is due."""
    fx, side, shares, held = line["fx"], w.leg[k]["side"], abs(fill.shares), s.leg[k]["held"]
    _move(s, fill, side, shares * fill.price * fx, fx)
    s.leg[k]["held"] = held + fill.shares
    if held == 0.0:
        s.leg[k]["basis"] = s.leg[k]["peak"] = fill.price
        hold = w.leg[k]["hold"] if p.hold < 0 else p.hold
        done = np.int64(line["done"])
        due, last = done + hold, w.row_of.shape[1] - 1
        s.leg[k]["due"] = w.row_of[np.uint64(w.leg[k]["exchange"]), np.uint64(due if due < last else last)]
    else:
        s.leg[k]["basis"] = (s.leg[k]["basis"] * abs(held) + fill.price * shares) / (abs(held) + shares)
    s.leg[k]["filled"] += shares
    s.past[k]["bought"] = t
    if matched and side > 0.0:
        s.paired[w.leg[k]["pair"]] += w.leg[k]["weight"] * shares / s.leg[k]["planned"]
    if s.leg[k]["filled"] >= s.leg[k]["planned"] - EPS:
        s.leg[k]["entering"] = 0


@inlined
def _used(w: Windows, s: State, k: int, t: int) -> Any:
    """Shares of the leg's code that the session has traded with us."""
    i = np.uint64(w.leg[k]["code"])
    return s.taken[i]["used"] if s.taken[i]["row"] == t else 0.0


@inlined
def _use(w: Windows, s: State, k: int, t: int, shares: float) -> None:
    i = np.uint64(w.leg[k]["code"])
    s.taken[i]["used"], s.taken[i]["row"] = shares, t


@inlined
def enter(w: Windows, rules: Rules, s: State, out: Out, p: Point, k: int, t: int, at: int) -> None:
    """Leg k's attempt to enter at an auction, from the wish to the books."""
    r = w.leg[k]["start"] + t - w.leg[k]["row"]
    line = w.order[np.uint64(r + w.late if at == CLOSE else r)]
    if (line["flags"] & market.IS_OPEN) == 0 or s.leg[k]["entering"] == 0 or s.leg[k]["exit"] >= 0:
        return
    done = line["done"]
    if s.past[k]["first_try"] < 0:
        s.past[k]["first_try"] = done
    wait = w.leg[k]["wait"] if p.wait < 0 else p.wait
    expires = done - s.past[k]["first_try"] >= wait
    unsized = np.isnan(s.leg[k]["planned"])
    shares = entry_order(w, rules, s, out, p, k, t, at, line)
    if shares != 0.0:
        used = _used(w, s, k, t)
        fill = judged(w, rules, s, line, Order(shares, at, 0.0, True, False), unsized, used)
        wanted = shares
        if rules.matched:
            wanted = w.leg[k]["side"] * (s.leg[k]["planned"] - s.leg[k]["filled"])
        if fill.shares != 0.0:
            _use(w, s, k, t, used + abs(fill.shares))
            _book_entry(w, s, p, k, t, fill, line, rules.matched)
            record_fill(w, out, k, t, at, fill, line["fx"], _ENTRY, s.book[CASH])
        if abs(fill.shares) < abs(wanted) - EPS:
            why = fill.reason if fill.reason >= 0 else _UNPAIRED
            record_block(w, out, k, t, at, wanted, fill.shares, why)
    if expires:
        s.leg[k]["entering"] = 0


@inlined
def _book_exit(
    w: Windows, s: State, out: Out, k: int, t: int, order: Order, fill: Fill, used: float, fx: float, why: int
) -> None:
    """What came of an order that closes leg k or a part of it."""
    if fill.shares != 0.0:
        side, shares = w.leg[k]["side"], abs(fill.shares)
        _use(w, s, k, t, used + shares)
        _move(s, fill, side, -(shares * fill.price * fx), fx)
        s.leg[k]["held"] += fill.shares
        record_fill(w, out, k, t, order.at, fill, fx, why, s.book[CASH])
    if abs(fill.shares) < abs(order.wanted) - EPS:
        record_block(w, out, k, t, order.at, order.wanted, fill.shares, fill.reason)


@inlined
def leave(w: Windows, rules: Rules, s: State, out: Out, k: int, t: int, at: int, last: bool) -> None:
    """Leg k's exit or forced reduction at an auction, where one is due, from the wish to the books."""
    r = w.leg[k]["start"] + t - w.leg[k]["row"]
    line = w.order[np.uint64(r + w.late if at == CLOSE else r)]
    if (line["flags"] & market.IS_OPEN) == 0:
        return
    shares, why = exit_order(w, s, k, at, t, last, float(line["lot_step"]))
    if shares != 0.0:
        locked = s.past[k]["bought"] == t and (line["flags"] & market.T_PLUS_ONE) != 0
        order = Order(shares, at, s.leg[k]["held"], not locked, False)
        used = _used(w, s, k, t)
        fill = judged(w, rules, s, line, order, False, used)
        _book_exit(w, s, out, k, t, order, fill, used, line["fx"], why)


@compiled
def leave_inside(w: Windows, rules: Rules, s: State, out: Out, p: Point, k: int, t: int) -> None:
    """Leg k's exit at a price touched inside the bar, if one is."""
    r = w.leg[k]["start"] + t - w.leg[k]["row"]
    flags = w.order[r]["flags"]
    why, price = touched(w, s, p, k, r)
    if (flags & market.IS_OPEN) == 0 or why < 0:
        return
    s.leg[k]["exit"], s.leg[k]["entering"] = why, 0
    held = s.leg[k]["held"]
    locked = s.past[k]["bought"] == t and (flags & market.T_PLUS_ONE) != 0
    order = Order(-held, TOUCH, held, not locked, why == _TARGET)
    used = _used(w, s, k, t)
    fill = judged_inside(w, rules, s, r, order, price, used)
    _book_exit(w, s, out, k, t, order, fill, used, w.order[r]["fx"], why)


@compiled
def act(w: Windows, s: State, legs: I4, a: int, fx_row: int) -> float:
    """Corporate action `a` on those of `legs` that are in its code; returns the cash that came in, base money."""
    terms = (w.action_terms[a, 0], w.action_terms[a, 1], w.action_terms[a, 2])
    received = 0.0
    for k in legs:
        if w.leg[k]["code"] != w.action_code[a]:
            continue
        if s.leg[k]["entering"] and not np.isnan(s.leg[k]["planned"]):
            s.leg[k]["planned"] = np.floor(s.leg[k]["planned"] * terms[0] + EPS)
            s.leg[k]["filled"] = np.floor(s.leg[k]["filled"] * terms[0] + EPS)
        if s.leg[k]["held"] != 0.0:
            r = w.leg[k]["start"] + fx_row - w.leg[k]["row"]
            new = after_action(
                s.leg[k]["held"], s.leg[k]["basis"], s.leg[k]["peak"], terms, w.action_terms[a, 3]
            )
            s.leg[k]["held"], s.leg[k]["basis"], s.leg[k]["peak"] = new.shares, new.basis, new.peak
            received += new.cash * w.order[r]["fx"]
    return received


@compiled
def delist(w: Windows, s: State, out: Out, k: int, t: int) -> None:
    """A delisted long is worth nothing, a delisted short is bought back at the last mark."""
    s.leg[k]["entering"] = 0
    held = s.leg[k]["held"]
    if held != 0.0:
        price = 0.0 if held > 0.0 else w.leg[k]["last_mark"]
        fx = w.order[w.leg[k]["start"] + t - w.leg[k]["row"]]["fx"]
        s.book[CASH] += held * price * fx
        record_fill(w, out, k, t, OPEN, Fill(-held, price, 0.0, 0.0, 0.0, -1), fx, _DELISTED, s.book[CASH])
        s.leg[k]["held"] = 0.0
