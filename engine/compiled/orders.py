"""What a leg orders and what comes of it, compiled: the same rules in the same order as backtrader's `desk.Desk`.

Each function is inlined where it is used once, because handing tuples of arrays from function to function costs
more than the work itself.
"""

from typing import Any

import numpy as np

from ...data.arrays import I4
from ..judge.clock import trading_later
from ..judge.exits import after_action, reduction, touch_signal, within_reach
from ..judge.fill import account_answer, fill_order, legal_size, lot_floor, planned_shares
from ..judge.records import EPS, FILLED, Fill, Lots, Order, Purse, Quote
from ..legs import CLOSE, OPEN, TOUCH, Reason
from ..njit import compiled, inlined
from .state import (
    CASH,
    CUT,
    GROSS,
    MARGIN,
    NAV,
    NO_EXIT,
    NOT_TRIED,
    SHORT,
    SPENDABLE,
    Out,
    State,
    Turn,
    record_block,
    record_fill,
)
from .windows import (
    DOWN,
    HIGH,
    IS_OPEN,
    LOW,
    NOT_YET_LISTED,
    OPENS,
    STATUS,
    T_PLUS_ONE,
    TICKS,
    UP,
    WITHOUT_BAR,
    Point,
    Rules,
    Windows,
    held_minutes_of,
    known_rate,
    order_line,
    watched,
    window_row,
)

NOWHERE = -1  # in the place of an auction: the leg gets out inside the session
_ENTRY, _HOLD, _TARGET = int(Reason.ENTRY), int(Reason.HOLD), int(Reason.TARGET)
_MARGIN_CALL, _END = int(Reason.MARGIN_CALL), int(Reason.END)
_DELISTED, _T_PLUS_ONE = int(Reason.DELISTED), int(Reason.T_PLUS_ONE)
_SUSPENDED, _UNLISTED, _CLOSED = int(Reason.SUSPENDED), int(Reason.UNLISTED), int(Reason.MARKET_CLOSED)
_BELOW_LOT, _UNPAIRED = int(Reason.BELOW_LOT), int(Reason.UNPAIRED)
_NO_PRICE, _NO_BAR, _BANKRUPT = int(Reason.NO_PRICE), int(Reason.NO_BAR), int(Reason.BANKRUPT)


@inlined
def leg_rules(w: Windows, p: Point, k: int) -> tuple[float, float, float]:
    """Stop, target and trail of leg k at the parameter point."""
    stop = w.leg[k]["stop"] if p.stop == np.inf else p.stop
    target = w.leg[k]["target"] if p.target == np.inf else p.target
    trail = w.leg[k]["trail"] if p.trail == np.inf else p.trail
    return stop, target, trail


@inlined
def leaves_inside(w: Windows, s: State, k: int, t: int) -> bool:
    """Whether leg k, which is held for minutes, has bars of session t in which it may get out."""
    if not watched(w, k, t):
        return False
    last = w.held_span[window_row(w, k, t), 1] - 1
    return t > s.leg[k]["due"] or w.minute[last]["start"] >= s.past[k]["due_at"]


@inlined
def exit_order(w: Windows, s: State, p: Point, a: Turn, last: bool, lot_step: float) -> tuple[float, int]:
    """Signed shares and the reason when a leg's exit or forced reduction is due at this auction, else 0.0."""
    k, t, at = a
    reason = s.leg[k]["exit"]
    held_at = w.leg[k]["at"]
    if held_minutes_of(w, p, k) > 0:
        held_at = NOWHERE if leaves_inside(w, s, k, t) else CLOSE
    if last:
        reason = _END
    elif reason == NO_EXIT and t >= s.leg[k]["due"] and held_at == at:
        reason = _HOLD
    if reason != NO_EXIT:
        s.leg[k]["exit"] = reason
        if last or at == (held_at if reason == _HOLD else OPEN):
            s.leg[k]["entering"] = 0
            return -s.leg[k]["held"], reason
    if at == OPEN and s.book[CUT] > 0.0:
        part = reduction(s.leg[k]["held"], s.book[CUT], lot_step)
        return (-part if s.leg[k]["held"] > 0.0 else part), _MARGIN_CALL
    return 0.0, NO_EXIT


@compiled
def touched(w: Windows, s: State, p: Point, k: int, r: int) -> tuple[int, float]:
    """The rule touched inside the bar of row r of the windows and the price it trades at, or NO_EXIT."""
    bar = (w.bar[r, OPENS], w.bar[r, HIGH], w.bar[r, LOW])
    table = int(w.bar[r, TICKS])
    side, basis, peak = w.leg[k]["side"], s.leg[k]["basis"], s.leg[k]["peak"]
    return touch_signal(side, basis, peak, bar, leg_rules(w, p, k), w.tables, table)


@inlined
def best_of(w: Windows, s: State, k: int, r: int) -> float:
    """The best price so far once all minute bars of row r of the windows are over."""
    peak = s.leg[k]["peak"]
    return max(peak, w.held_range[r, 1]) if w.leg[k]["side"] > 0.0 else min(peak, w.held_range[r, 0])


@inlined
def may_touch(w: Windows, s: State, p: Point, k: int, r: int) -> bool:
    """Whether some minute bar of row r of the windows can touch a rule of leg k; never False where one does."""
    side = w.leg[k]["side"]
    low, high = w.held_range[r, 0], w.held_range[r, 1]
    worst, best = (low, high) if side > 0.0 else (high, low)
    return within_reach(side, s.leg[k]["basis"], best_of(w, s, k, r), (worst, best), leg_rules(w, p, k))


@inlined
def entry_wish(w: Windows, rules: Rules, s: State, p: Point, k: int, line: Any) -> tuple[float, float, int]:
    """Signed shares that the leg's entry wants now, those that a block says it wanted, and why it wants none, or FILLED.

    Until something of it is filled a leg is sized anew at every attempt.
    """
    side = w.leg[k]["side"]
    if s.book[NAV] <= 0.0:
        return 0.0, 0.0, _BANKRUPT
    lot_min, lot_step = float(line["lot_min"]), float(line["lot_step"])
    if s.leg[k]["filled"] == 0.0:
        part = line["part"]
        if part != part:
            why = _NO_PRICE
            if (line["flags"] & NOT_YET_LISTED) != 0:
                why = _UNLISTED
            elif (line["flags"] & WITHOUT_BAR) != 0:
                why = _NO_BAR
            return 0.0, 0.0, why
        s.leg[k]["planned"] = planned_shares(part * p.scale * s.book[NAV], lot_min, lot_step)
    planned = s.leg[k]["planned"]
    wanted = planned - s.leg[k]["filled"]
    if rules.matched and side < 0.0 and planned >= lot_min - EPS:
        total = w.pair_weight[w.leg[k]["pair"]]
        ratio = s.paired[w.leg[k]["pair"]] / total if total > 0.0 else 1.0
        paired = lot_floor(planned * min(ratio, 1.0), lot_min, lot_step)
        if paired - s.leg[k]["filled"] <= 0.0:
            return 0.0, side * wanted, _UNPAIRED
        return side * min(wanted, paired - s.leg[k]["filled"]), side * wanted, FILLED
    return side * wanted, side * wanted, FILLED


@inlined
def purse(w: Windows, rules: Rules, s: State, a: Turn, wanted: float, opening: bool) -> Purse:
    """What the account allows an order of `wanted` shares."""
    book, fx = s.book, known_rate(w, a.k, a.t)
    if w.leg[a.k]["future"] != 0 and not opening:
        return Purse(np.inf, 0.0, np.inf, fx)  # its losses are owed, whatever there is
    budget, spend, room = book[SPENDABLE], (1.0 if wanted > 0.0 else -1.0), np.inf
    if opening:
        budget = book[SPENDABLE] - rules.collateral * book[SHORT] - book[MARGIN]
        room = rules.max_gross * book[NAV] - book[GROSS]
        room = room if room > 0.0 else 0.0
        if w.leg[a.k]["future"] != 0:
            spend = w.margin[window_row(w, a.k, a.t)]
        elif wanted < 0.0:
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
def shares_taken(w: Windows, s: State, k: int, t: int) -> Any:
    """Shares of leg k's code that the session has traded with us."""
    i = np.uint64(w.leg[k]["code"])
    return s.taken[i]["used"] if s.taken[i]["row"] == t else 0.0


@inlined
def take_shares(w: Windows, s: State, k: int, t: int, shares: float) -> None:
    """Now it has traded so many."""
    i = np.uint64(w.leg[k]["code"])
    s.taken[i]["used"], s.taken[i]["row"] = shares, t


@inlined
def judged(w: Windows, rules: Rules, s: State, a: Turn, line: Any, order: Order, legal: bool) -> Fill:
    """What comes of one order at an auction: the exchange's answer stands in `line`, the account's follows.

    `legal`: the order is known to be of a size that the exchange takes.
    """
    opening = order.held == 0.0
    price = line["enter"] if opening else line["leave"]
    why: Any = np.int64(line["why_enter"] if opening else line["why_leave"])
    if not order.sellable and why != _SUSPENDED and why != _UNLISTED and why != _CLOSED:
        why = _T_PLUS_ONE
    if why != FILLED:
        return Fill(0.0, 0.0, 0.0, 0.0, 0.0, why)
    lots = _lots(line, shares_taken(w, s, a.k, a.t))
    money = purse(w, rules, s, a, order.wanted, opening)
    shares = abs(order.wanted)
    if not legal:
        shares = legal_size(shares, order.held, lots)
    return account_answer(order, shares, price, lots, money, w.tables.costs)


@compiled
def judged_inside(w: Windows, rules: Rules, s: State, a: Turn, order: Order, price: float) -> Fill:
    """What comes of an order at a price touched inside the bar."""
    bar = w.bar[window_row(w, a.k, a.t)]
    lots = _lots(order_line(w, a.k, a.t, a.at), shares_taken(w, s, a.k, a.t))
    quote = Quote(
        int(bar[STATUS]), price, bar[HIGH], bar[LOW], bar[UP], bar[DOWN], lots.lot_min, lots.lot_step,
        lots.max_order, True, lots.volume, int(bar[TICKS]), lots.cost_row,
    )  # fmt: skip
    money = purse(w, rules, s, a, order.wanted, False)
    return fill_order(order, quote, money, rules.policy, w.tables)


@inlined
def _move(w: Windows, s: State, a: Turn, fill: Fill, added: float, fx: float) -> None:
    """Cash and exposure after a fill; `added`: the value, local, that it adds to the exposure."""
    book, side, known = s.book, w.leg[a.k]["side"], known_rate(w, a.k, a.t)
    paid = fill.shares * fill.price + fill.commission + fill.stamp + fill.levies
    book[CASH] -= paid * fx
    book[SPENDABLE] -= paid * known
    signed = added * known
    gross = book[GROSS] + signed
    book[GROSS] = gross if gross > 0.0 else 0.0
    if w.leg[a.k]["future"] != 0:  # it costs what it differs from the last settlement
        r = window_row(w, a.k, a.t)
        book[SPENDABLE] += fill.shares * w.settled[r] * known
        margin = book[MARGIN] + signed * w.margin[r]
        book[MARGIN] = margin if margin > 0.0 else 0.0
    elif side < 0.0:
        short = book[SHORT] + signed
        book[SHORT] = short if short > 0.0 else 0.0


@inlined
def _set_due(w: Windows, s: State, p: Point, a: Turn, done: int) -> None:
    """When a leg that begins to hold now is to get out: at the auction of a row, or from a minute of it on."""
    k, e = a.k, np.uint64(w.leg[a.k]["exchange"])
    minutes = held_minutes_of(w, p, k)
    if minutes > 0:
        row, s.past[k]["due_at"] = trading_later(w.hours[e], w.row_of[e], done, a.at, minutes)
        s.leg[k]["due"] = row
        return
    hold = w.leg[k]["hold"] if p.hold < 0 else p.hold
    due, last = done + hold, w.row_of.shape[1] - 1
    s.leg[k]["due"] = w.row_of[e, np.uint64(due if due < last else last)]


@inlined
def book_entry(w: Windows, rules: Rules, s: State, p: Point, a: Turn, fill: Fill, line: Any) -> None:
    """A fill of a leg's entry; the first one sets the day it is due."""
    k, t = a.k, a.t
    side, shares, held = w.leg[k]["side"], abs(fill.shares), s.leg[k]["held"]
    _move(w, s, a, fill, shares * fill.price, line["fx"])
    s.leg[k]["held"] = held + fill.shares
    if held == 0.0:
        s.leg[k]["basis"] = s.leg[k]["peak"] = fill.price
        _set_due(w, s, p, a, np.int64(line["done"]))
    else:
        s.leg[k]["basis"] = (s.leg[k]["basis"] * abs(held) + fill.price * shares) / (abs(held) + shares)
    s.leg[k]["filled"] += shares
    s.past[k]["bought"] = t
    if rules.matched and side > 0.0:
        s.paired[w.leg[k]["pair"]] += w.leg[k]["weight"] * shares / s.leg[k]["planned"]
    if s.leg[k]["filled"] >= s.leg[k]["planned"] - EPS:
        s.leg[k]["entering"] = 0


@inlined
def enter(w: Windows, rules: Rules, s: State, out: Out, p: Point, a: Turn) -> None:
    """A leg's attempt to enter at an auction, from the wish to the books."""
    k, t, at = a
    line = order_line(w, k, t, at)
    if (line["flags"] & IS_OPEN) == 0 or s.leg[k]["entering"] == 0 or s.leg[k]["exit"] != NO_EXIT:
        return
    sessions_done = line["done"]
    if s.past[k]["first_try"] == NOT_TRIED:
        s.past[k]["first_try"] = sessions_done
    wait = w.leg[k]["wait"] if p.wait < 0 else p.wait
    expires = sessions_done - s.past[k]["first_try"] >= wait
    fresh = s.leg[k]["filled"] == 0.0
    shares, asked, why = entry_wish(w, rules, s, p, k, line)
    if why != FILLED:
        record_block(w, out, a, asked, 0.0, why)
    if shares != 0.0:
        taken = shares_taken(w, s, k, t)
        legal = fresh and s.leg[k]["planned"] >= line["lot_min"] - EPS
        fill = judged(w, rules, s, a, line, Order(shares, at, 0.0, True, False), legal)
        if fill.shares != 0.0:
            take_shares(w, s, k, t, taken + abs(fill.shares))
            book_entry(w, rules, s, p, a, fill, line)
            record_fill(w, s, out, a, fill, line["fx"], _ENTRY)
        if abs(fill.shares) < abs(asked) - EPS:
            why = fill.reason if fill.reason != FILLED else _UNPAIRED
            record_block(w, out, a, asked, fill.shares, why)
        expires |= fresh and fill.reason == _BELOW_LOT
    if expires:
        s.leg[k]["entering"] = 0


@inlined
def book_exit(w: Windows, s: State, out: Out, a: Turn, fill: Fill, why: int) -> None:
    """A fill that closes a leg or a part of it."""
    k, t = a.k, a.t
    if fill.shares != 0.0:
        shares, fx = abs(fill.shares), order_line(w, k, t, a.at)["fx"]
        take_shares(w, s, k, t, shares_taken(w, s, k, t) + shares)
        _move(w, s, a, fill, -(shares * fill.price), fx)
        s.leg[k]["held"] += fill.shares
        record_fill(w, s, out, a, fill, fx, why)


@inlined
def _book_exit(w: Windows, s: State, out: Out, a: Turn, order: Order, fill: Fill, why: int) -> None:
    """What came of an order that closes a leg or a part of it, and the block where it got less than it wanted."""
    book_exit(w, s, out, a, fill, why)
    if abs(fill.shares) < abs(order.wanted) - EPS:
        record_block(w, out, a, order.wanted, fill.shares, fill.reason)


@inlined
def leave(w: Windows, rules: Rules, s: State, out: Out, p: Point, a: Turn, last: bool) -> None:
    """A leg's exit or forced reduction at an auction, where one is due, from the wish to the books; `last`: all is sold."""
    k, t, at = a
    line = order_line(w, k, t, at)
    if (line["flags"] & IS_OPEN) == 0:
        return
    shares, why = exit_order(w, s, p, a, last, float(line["lot_step"]))
    if shares != 0.0:
        locked = s.past[k]["bought"] == t and (line["flags"] & T_PLUS_ONE) != 0
        order = Order(shares, at, s.leg[k]["held"], not locked, False)
        _book_exit(w, s, out, a, order, judged(w, rules, s, a, line, order, False), why)


@compiled
def leave_inside(w: Windows, rules: Rules, s: State, out: Out, p: Point, k: int, t: int) -> None:
    """Leg k's exit at a price touched inside the bar, if one is."""
    r = window_row(w, k, t)
    flags = w.order[r]["flags"]
    why, price = touched(w, s, p, k, r)
    if (flags & IS_OPEN) == 0 or why == NO_EXIT:
        return
    s.leg[k]["exit"], s.leg[k]["entering"] = why, 0
    held = s.leg[k]["held"]
    locked = s.past[k]["bought"] == t and (flags & T_PLUS_ONE) != 0
    order = Order(-held, TOUCH, held, not locked, why == _TARGET)
    a = Turn(k, t, TOUCH)
    _book_exit(w, s, out, a, order, judged_inside(w, rules, s, a, order, price), why)


@compiled
def act(w: Windows, s: State, legs: I4, a: int, t: int) -> float:
    """Corporate action `a` of row t on those of `legs` that are in its code; books and returns what came in, base money."""
    terms = (w.action_terms[a, 0], w.action_terms[a, 1], w.action_terms[a, 2])
    received = 0.0
    for k in legs:
        if w.leg[k]["code"] != w.action_code[a]:
            continue
        if s.leg[k]["entering"] and s.leg[k]["filled"] > 0.0:
            s.leg[k]["planned"] = np.floor(s.leg[k]["planned"] * terms[0] + EPS)
            s.leg[k]["filled"] = np.floor(s.leg[k]["filled"] * terms[0] + EPS)
        if s.leg[k]["held"] != 0.0:
            held, basis, peak = s.leg[k]["held"], s.leg[k]["basis"], s.leg[k]["peak"]
            new = after_action(held, basis, peak, terms, w.action_terms[a, 3])
            s.leg[k]["held"], s.leg[k]["basis"], s.leg[k]["peak"] = new.shares, new.basis, new.peak
            received += new.cash * w.order[window_row(w, k, t)]["fx"]
            known = new.cash
            if w.leg[k]["future"] != 0:  # of a roll, its costs; the rest is the difference of two settlements
                known -= held * (terms[1] + terms[2]) / 2.0
            s.book[SPENDABLE] += known * known_rate(w, k, t)
    s.book[CASH] += received
    return received


@compiled
def delist(w: Windows, s: State, out: Out, k: int, t: int) -> None:
    """A delisted long is worth nothing, a delisted short is bought back at the last mark."""
    s.leg[k]["entering"] = 0
    held = s.leg[k]["held"]
    if held != 0.0:
        price = 0.0 if held > 0.0 else w.leg[k]["last_mark"]
        fx = w.order[window_row(w, k, t)]["fx"]
        s.book[CASH] += held * price * fx
        s.book[SPENDABLE] += held * price * known_rate(w, k, t)
        record_fill(w, s, out, Turn(k, t, OPEN), Fill(-held, price, 0.0, 0.0, 0.0, FILLED), fx, _DELISTED)
        s.leg[k]["held"] = 0.0
