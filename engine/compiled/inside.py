"""Orders inside a session, minute by minute: in each the sales, the covers, the entries, and then what its bar touches."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8
from ..judge.exits import touch_signal, within_reach
from ..judge.fill import account_answer, fill_order, legal_size
from ..judge.minutes import Bar, first_price, minute_answer
from ..judge.prices import locked
from ..judge.records import EPS, FILLED, IGNORE, STRICT, Fill, Lots, Order, Quote
from ..legs import LAST_MINUTE, OPEN, Reason
from ..njit import compiled, inlined
from .minutes import BLOCK, first_from, range_of
from .orders import (
    book_entry,
    book_exit,
    entry_wish,
    leaves_inside,
    leg_rules,
    may_touch,
    purse,
    shares_taken,
    take_shares,
)
from .state import NO_EXIT, NOT_TRIED, Out, State, Turn, record_block, record_fill
from .windows import (
    DOWN,
    IS_OPEN,
    SHORTABLE,
    STATUS,
    T_PLUS_ONE,
    TICKS,
    UP,
    Point,
    Rules,
    Windows,
    held_minutes_of,
    meets_minutes,
    order_line,
    watched,
    window_row,
)

_ENTRY, _HOLD, _TARGET = int(Reason.ENTRY), int(Reason.HOLD), int(Reason.TARGET)
_BELOW_LOT, _UNPAIRED = int(Reason.BELOW_LOT), int(Reason.UNPAIRED)
DAY = LAST_MINUTE + 1
NO_BAR = -1  # in the place of a bar: the leg has none that starts now


@inlined
def _queue_inside(w: Windows, rules: Rules, s: State, p: Point, t: int, lo: int) -> int:
    """Put the legs that may trade inside session t into the queue, in order; returns how many there are."""
    n = 0
    for j in range(lo, len(s.today)):
        k = s.today[j]
        r = window_row(w, k, t)
        line, walk, leaving = order_line(w, k, t, OPEN), s.walk[k], s.leaving[k]
        enters = s.leg[k]["entering"] != 0 and s.leg[k]["exit"] == NO_EXIT and meets_minutes(w, k, t)
        leaves = watched(w, k, t) and (s.leg[k]["held"] != 0.0 or enters)
        if (line["flags"] & IS_OPEN) == 0 or not (enters or leaves):
            continue
        walk["next"] = walk["stop"] = leaving["next"] = leaving["stop"] = leaving["going"] = 0
        walk["at"], walk["why"], walk["before"] = 0, FILLED, s.leg[k]["filled"]
        if enters:
            if s.past[k]["first_try"] == NOT_TRIED:
                s.past[k]["first_try"] = line["done"]
            walk["next"], walk["stop"] = w.span[r, 0], w.span[r, 1]
        if leaves and s.leg[k]["held"] != 0.0:
            _follow(w, rules, s, p, k, t, 0)
        s.queue[n] = k
        n += 1
    return n


@compiled
def _follow(w: Windows, rules: Rules, s: State, p: Point, k: int, t: int, since: int) -> None:
    """Follow a leg that is held through the bars of session t that start at `since` or later, where it may get out in one."""
    r, leaving = window_row(w, k, t), s.leaving[k]
    if not watched(w, k, t):
        return
    by_minutes = held_minutes_of(w, p, k) > 0
    due = by_minutes and t >= s.leg[k]["due"] and leaves_inside(w, s, k, t)
    pending = s.leg[k]["exit"] != NO_EXIT and (rules.on_touch or (by_minutes and s.leg[k]["exit"] == _HOLD))
    waits = s.leg[k]["exit"] != NO_EXIT and not pending  # for an auction
    if waits or not (due or rules.on_touch or pending):
        return
    stop = w.held_span[r, 1]
    leaving["next"], leaving["stop"] = first_from(w.minute, w.held_span[r, 0], stop, since), stop
    leaving["going"] = 0
    if pending:
        _begin_to_leave(s, k)
    else:
        _skip_idle(w, rules, s, p, k, t)


@compiled
def _skip_idle(w: Windows, rules: Rules, s: State, p: Point, k: int, t: int) -> None:
    """Pass over the bars in which a leg that is held does nothing, and note the best price of those that are followed.

    A leg that still enters may come to other levels: it takes bar by bar.
    """
    leaving, walk, r = s.leaving[k], s.walk[k], window_row(w, k, t)
    if rules.on_touch and s.leg[k]["entering"] != 0 and walk["next"] < walk["stop"]:
        return
    due = leaving["stop"]
    if held_minutes_of(w, p, k) > 0 and t >= s.leg[k]["due"]:
        since = s.past[k]["due_at"] if t == s.leg[k]["due"] else 0
        due = first_from(w.minute, leaving["next"], due, since)
    if not rules.on_touch or (_trails_not(w, p, k) and not may_touch(w, s, p, k, r)):
        leaving["next"] = due
        return
    side, basis, rule = w.leg[k]["side"], s.leg[k]["basis"], leg_rules(w, p, k)
    peak = s.leg[k]["peak"]
    q = leaving["next"]
    singly = q  # until here bar by bar
    while q < due:
        whole = q >= singly and q % BLOCK == 0 and q + BLOCK <= due
        low, high = (w.block[q // BLOCK, 0], w.block[q // BLOCK, 1]) if whole else range_of(w.minute[q])
        worst, best = (low, high) if side > 0.0 else (high, low)
        after = max(peak, best) if side > 0.0 else min(peak, best)
        if not within_reach(side, basis, after, (worst, best), rule):
            q, peak = q + (BLOCK if whole else 1), after
        elif whole:
            singly = q + BLOCK
        else:
            break
    leaving["next"], s.leg[k]["peak"] = q, peak


@inlined
def _trails_not(w: Windows, p: Point, k: int) -> bool:
    trail = leg_rules(w, p, k)[2]
    return trail != trail


@inlined
def _begin_to_leave(s: State, k: int) -> None:
    s.leaving[k]["going"], s.leaving[k]["before"] = 1, s.leg[k]["held"]
    s.leaving[k]["at"], s.leaving[k]["why"] = 0, FILLED
    s.leg[k]["entering"] = 0


@inlined
def _taken(w: Windows, s: State, a: Turn) -> float:
    """Shares of leg k's code that the minute bar has traded with us."""
    taken = s.taken_inside[w.leg[a.k]["code"]]
    return taken["used"] if taken["row"] == a.t * DAY + a.at else 0.0


@inlined
def _take(w: Windows, s: State, a: Turn, shares: float) -> None:
    """Now it has traded so many more."""
    before = _taken(w, s, a)
    taken = s.taken_inside[w.leg[a.k]["code"]]
    taken["used"], taken["row"] = before + shares, a.t * DAY + a.at


@inlined
def _lots(line: Any, allowed: float) -> Lots:
    return Lots(
        float(line["lot_min"]), float(line["lot_step"]), float(line["max_order"]), allowed, line["cost_row"]
    )


@inlined
def _bar_of(one: Any) -> Bar:
    return Bar(one["open"], one["high"], one["low"], one["vwap"], one["volume"])


@inlined
def _judged_in_bar(w: Windows, rules: Rules, s: State, a: Turn, order: Order, bar: Any) -> Fill:
    """What comes of an order that is there when a minute bar starts: the exchange's answer, then the account's."""
    day, line = w.bar[window_row(w, a.k, a.t)], order_line(w, a.k, a.t, OPEN)
    opening = order.held == 0.0
    session = Quote(
        int(day[STATUS]), 0.0, 0.0, 0.0, day[UP], day[DOWN], 1.0, 1.0, np.inf, day[SHORTABLE] > 0.0, np.inf, int(day[TICKS]), 0
    )  # fmt: skip
    price, why, allowed = minute_answer(order, session, _bar_of(bar), rules.minutely, rules.policy, w.tables)
    if why != FILLED:
        return Fill(0.0, 0.0, 0.0, 0.0, 0.0, why)
    lots = _lots(line, allowed - _taken(w, s, a))
    size = legal_size(abs(order.wanted), order.held, lots)
    money = purse(w, rules, s, a, order.wanted, opening)
    return account_answer(order, size, price, lots, money, w.tables.costs)


@inlined
def _judged_at_level(
    w: Windows, rules: Rules, s: State, a: Turn, order: Order, touched: tuple[float, Any]
) -> Fill:
    """What comes of an order at a price that a minute bar touches; `touched`: the price and the bar."""
    price, bar = touched
    day, line = w.bar[window_row(w, a.k, a.t)], order_line(w, a.k, a.t, OPEN)
    allowed = np.floor(rules.minutely.participation * bar["volume"] + EPS)
    lots = _lots(line, allowed - _taken(w, s, a))
    quote = Quote(
        int(day[STATUS]), price, bar["high"], bar["low"], day[UP], day[DOWN], lots.lot_min, lots.lot_step,
        lots.max_order, True, lots.volume, int(day[TICKS]), lots.cost_row,
    )  # fmt: skip
    money = purse(w, rules, s, a, order.wanted, False)
    return fill_order(order, quote, money, rules.policy, w.tables)


@compiled
def _after_refusal(bars: NDArray[Any], day: F8, limits: int, order: Order, span: tuple[int, int]) -> int:
    """The next bar of a span that is not sealed against an order, or its last: what is refused there counts."""
    buy, (q, stop) = order.wanted > 0.0, span
    while q < stop - 1 and limits != IGNORE:
        bar = bars[q]
        best = bar["low"] if buy else bar["high"]
        sealed = locked(buy, first_price(buy, _bar_of(bar)), day[UP], day[DOWN])
        if not sealed or (limits != STRICT and not locked(buy, best, day[UP], day[DOWN])):
            break
        q += 1
    return q


@inlined
def _leave_in(w: Windows, rules: Rules, s: State, out: Out, a: Turn, order: Order, fill: Fill) -> None:
    """Book what came of an order of a leg that gets out; what it lacked is noted, and is a block at the session's end."""
    leaving = s.leaving[a.k]
    leaving["at"] = a.at
    if fill.shares != 0.0:
        _take(w, s, a, abs(fill.shares))
        book_exit(w, s, out, a, fill, s.leg[a.k]["exit"])
    if abs(fill.shares) < abs(order.wanted) - EPS:
        leaving["why"] = fill.reason
    if s.leg[a.k]["held"] == 0.0 or not order.sellable:  # nothing is left, or nothing can be sold today
        leaving["next"] = leaving["stop"]
    elif fill.shares == 0.0:
        day, span = w.bar[window_row(w, a.k, a.t)], (leaving["next"], leaving["stop"])
        leaving["next"] = _after_refusal(w.minute, day, rules.policy.limits, order, span)


@inlined
def _sellable(w: Windows, s: State, k: int, t: int) -> bool:
    return not (s.past[k]["bought"] == t and (order_line(w, k, t, OPEN)["flags"] & T_PLUS_ONE) != 0)


@inlined
def _bar_now(w: Windows, s: State, k: int, now: int) -> int:
    """The bar that leg k, which is held, meets now, or NO_BAR."""
    leaving = s.leaving[k]
    if s.leg[k]["held"] == 0.0 or leaving["next"] >= leaving["stop"]:
        return NO_BAR
    return leaving["next"] if w.minute[leaving["next"]]["start"] == now else NO_BAR


@inlined
def _leave_at_start(w: Windows, rules: Rules, s: State, out: Out, p: Point, a: Turn) -> None:
    """The order of a leg that is getting out, or whose minutes are over, where a bar starts now."""
    k, t, now = a
    q = _bar_now(w, s, k, now)
    if q == NO_BAR:
        return
    if s.leaving[k]["going"] == 0:
        due = held_minutes_of(w, p, k) > 0 and s.leg[k]["exit"] == NO_EXIT
        due &= t > s.leg[k]["due"] or (t == s.leg[k]["due"] and now >= s.past[k]["due_at"])
        if not due:
            return
        s.leg[k]["exit"] = _HOLD
        _begin_to_leave(s, k)
    held = s.leg[k]["held"]
    s.leaving[k]["next"] += 1
    order = Order(-held, now, held, _sellable(w, s, k, t), False)
    _leave_in(w, rules, s, out, a, order, _judged_in_bar(w, rules, s, a, order, w.minute[q]))


@inlined
def _touch_in_bar(w: Windows, rules: Rules, s: State, out: Out, p: Point, a: Turn) -> None:
    """The order of a leg whose level the bar that starts now touches; where it touches none, its best price is noted."""
    k, t, now = a
    q = _bar_now(w, s, k, now)
    if q == NO_BAR or s.leaving[k]["going"] != 0 or s.leg[k]["exit"] != NO_EXIT:
        return
    bar, side = w.minute[q], w.leg[k]["side"]
    s.leaving[k]["next"] += 1
    prices = (first_price(side < 0.0, _bar_of(bar)), bar["high"], bar["low"])
    table = int(w.bar[window_row(w, k, t), TICKS])
    why, price = touch_signal(
        side, s.leg[k]["basis"], s.leg[k]["peak"], prices, leg_rules(w, p, k), w.tables, table
    )
    if why == NO_EXIT:
        best = bar["high"] if side > 0.0 else bar["low"]
        s.leg[k]["peak"] = max(s.leg[k]["peak"], best) if side > 0.0 else min(s.leg[k]["peak"], best)
        _skip_idle(w, rules, s, p, k, t)
        return
    s.leg[k]["exit"] = why
    _begin_to_leave(s, k)
    held = s.leg[k]["held"]
    order = Order(-held, now, held, _sellable(w, s, k, t), why == _TARGET)
    _leave_in(w, rules, s, out, a, order, _judged_at_level(w, rules, s, a, order, (price, bar)))


@inlined
def _enter_in_bar(w: Windows, rules: Rules, s: State, out: Out, p: Point, a: Turn, bar: Any) -> None:
    """A leg's attempt to enter in one minute bar; what it lacked there is noted, and is a block at the session's end."""
    k, t = a.k, a.t
    line, walk = order_line(w, k, t, OPEN), s.walk[k]
    walk["at"] = a.at
    shares, asked, walk["why"] = entry_wish(w, rules, s, p, k, line)
    if shares == 0.0:
        return
    order = Order(shares, a.at, 0.0, True, False)
    fill = _judged_in_bar(w, rules, s, a, order, bar)
    if fill.shares != 0.0:
        filled, first = abs(fill.shares), s.leg[k]["held"] == 0.0
        _take(w, s, a, filled)
        take_shares(w, s, k, t, shares_taken(w, s, k, t) + filled)
        book_entry(w, rules, s, p, a, fill, line)
        record_fill(w, s, out, a, fill, line["fx"], _ENTRY)
        if first:
            _follow(w, rules, s, p, k, t, a.at + 1)
    else:
        day, span = w.bar[window_row(w, k, t)], (walk["next"], walk["stop"])
        walk["next"] = _after_refusal(w.minute, day, rules.policy.limits, order, span)
    if abs(fill.shares) < abs(asked) - EPS:
        walk["why"] = fill.reason if fill.reason != FILLED else _UNPAIRED


@inlined
def _end_entry(w: Windows, s: State, out: Out, p: Point, k: int, t: int) -> None:
    """What a leg did not get inside the session is one block; it gives up when its wait is over."""
    walk = s.walk[k]
    if s.leg[k]["entering"] == 0 or walk["stop"] == 0:
        return
    line = order_line(w, k, t, OPEN)
    side, planned = w.leg[k]["side"], s.leg[k]["planned"]
    wanted = side * (planned - walk["before"]) if planned == planned else 0.0
    filled = side * (s.leg[k]["filled"] - walk["before"])
    record_block(w, out, Turn(k, t, walk["at"]), wanted, filled, walk["why"])
    wait = w.leg[k]["wait"] if p.wait < 0 else p.wait
    small = s.leg[k]["filled"] == 0.0 and walk["why"] == _BELOW_LOT
    if small or line["done"] - s.past[k]["first_try"] >= wait:
        s.leg[k]["entering"] = 0


@inlined
def _end_leaving(w: Windows, s: State, out: Out, k: int, t: int) -> None:
    """What a leg that gets out could not sell or cover inside the session is one block."""
    leaving, held = s.leaving[k], s.leg[k]["held"]
    if leaving["going"] != 0 and held != 0.0 and leaving["why"] != FILLED:
        record_block(
            w, out, Turn(k, t, leaving["at"]), -leaving["before"], held - leaving["before"], leaving["why"]
        )


@inlined
def _next_start(w: Windows, s: State, n: int) -> int:
    """When the next bar starts that one of the n legs in the queue meets, DAY after the last."""
    now = DAY
    for j in range(n):
        k = s.queue[j]
        walk, leaving = s.walk[k], s.leaving[k]
        if s.leg[k]["entering"] != 0 and walk["next"] < walk["stop"]:
            now = min(now, w.minute[walk["next"]]["start"])
        if s.leg[k]["held"] != 0.0 and leaving["next"] < leaving["stop"]:
            now = min(now, w.minute[leaving["next"]]["start"])
    return now


@compiled
def trade_inside(w: Windows, rules: Rules, s: State, out: Out, p: Point, t: int, lo: int) -> None:
    """All orders inside session t, from the first minute to the last; `lo`: where today's legs begin in `today`."""
    n = _queue_inside(w, rules, s, p, t, lo)
    while True:
        now = _next_start(w, s, n)
        if now == DAY:
            break
        for side in (1.0, -1.0):
            for j in range(n):
                if w.leg[s.queue[j]]["side"] == side:
                    _leave_at_start(w, rules, s, out, p, Turn(s.queue[j], t, now))
        for j in range(n):
            k = s.queue[j]
            walk = s.walk[k]
            if s.leg[k]["entering"] != 0 and walk["next"] < walk["stop"]:
                bar = w.minute[walk["next"]]
                if bar["start"] == now:
                    walk["next"] += 1
                    _enter_in_bar(w, rules, s, out, p, Turn(k, t, now), bar)
        if rules.on_touch:
            for side in (1.0, -1.0):
                for j in range(n):
                    if w.leg[s.queue[j]]["side"] == side:
                        _touch_in_bar(w, rules, s, out, p, Turn(s.queue[j], t, now))
    for j in range(n):
        _end_entry(w, s, out, p, s.queue[j], t)
        _end_leaving(w, s, out, s.queue[j], t)
