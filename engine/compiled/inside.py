"""Entries inside a session, minute by minute: the legs whose bars start next send their orders, in order of legs."""

from typing import Any

import numpy as np

from ..judge.fill import account_answer, legal_size
from ..judge.records import EPS, FILLED, Fill, Lots, Order
from ..legs import LAST_MINUTE, OPEN, Reason
from ..njit import compiled
from .orders import book_entry, entry_wish, purse, shares_taken, take_shares
from .state import NO_EXIT, NOT_TRIED, Out, State, Turn, record_block, record_fill
from .windows import IS_OPEN, Point, Rules, Windows, meets_minutes, order_line, window_row

_ENTRY, _BELOW_LOT, _UNPAIRED = int(Reason.ENTRY), int(Reason.BELOW_LOT), int(Reason.UNPAIRED)
DAY = LAST_MINUTE + 1


@compiled
def _queue_inside(w: Windows, s: State, t: int, lo: int) -> int:
    """Put the legs that enter inside session t into the queue, in order; returns how many there are."""
    n = 0
    for j in range(lo, len(s.today)):
        k = s.today[j]
        if s.leg[k]["entering"] == 0 or s.leg[k]["exit"] != NO_EXIT or not meets_minutes(w, k, t):
            continue
        line, r = order_line(w, k, t, OPEN), window_row(w, k, t)
        if (line["flags"] & IS_OPEN) == 0:
            continue
        if s.past[k]["first_try"] == NOT_TRIED:
            s.past[k]["first_try"] = line["done"]
        walk = s.walk[k]
        walk["next"], walk["stop"] = w.span[r, 0], w.span[r, 1]
        walk["before"], walk["why"] = s.leg[k]["filled"], FILLED
        s.queue[n] = k
        n += 1
    return n


@compiled
def _judged_in_bar(w: Windows, rules: Rules, s: State, a: Turn, shares: float, line: Any, bar: Any) -> Fill:
    """What comes of an order in a minute bar: the exchange's answer stands in `bar`, the account's follows."""
    why: Any = np.int64(bar["why"])
    if why != FILLED:
        return Fill(0.0, 0.0, 0.0, 0.0, 0.0, why)
    taken = s.taken_inside[w.leg[a.k]["code"]]
    allowed = bar["allowed"] - (taken["used"] if taken["row"] == a.t * DAY + a.at else 0.0)
    lots = Lots(
        float(line["lot_min"]), float(line["lot_step"]), float(line["max_order"]), allowed, line["cost_row"]
    )
    order = Order(shares, a.at, 0.0, True, False)
    size = legal_size(abs(shares), 0.0, lots)
    money = purse(w, rules, s, a, shares, True)
    return account_answer(order, size, bar["price"], lots, money, w.tables.costs)


@compiled
def _enter_in_bar(w: Windows, rules: Rules, s: State, out: Out, p: Point, a: Turn, bar: Any) -> None:
    """A leg's attempt to enter in one minute bar; what it lacked there is noted, and is a block at the session's end."""
    k, t = a.k, a.t
    line, walk = order_line(w, k, t, OPEN), s.walk[k]
    walk["at"] = a.at
    shares, asked, walk["why"] = entry_wish(w, rules, s, p, k, line)
    if shares == 0.0:
        return
    fill = _judged_in_bar(w, rules, s, a, shares, line, bar)
    if fill.shares != 0.0:
        filled = abs(fill.shares)
        taken = s.taken_inside[w.leg[k]["code"]]
        before = taken["used"] if taken["row"] == t * DAY + a.at else 0.0
        taken["used"], taken["row"] = before + filled, t * DAY + a.at
        take_shares(w, s, k, t, shares_taken(w, s, k, t) + filled)
        book_entry(w, rules, s, p, a, fill, line)
        record_fill(w, s, out, a, fill, line["fx"], _ENTRY)
    if abs(fill.shares) < abs(asked) - EPS:
        walk["why"] = fill.reason if fill.reason != FILLED else _UNPAIRED


@compiled
def _end_session(w: Windows, s: State, out: Out, p: Point, k: int, t: int) -> None:
    """What a leg did not get inside the session is one block; it gives up when its wait is over."""
    if s.leg[k]["entering"] == 0:
        return
    walk, line = s.walk[k], order_line(w, k, t, OPEN)
    side, planned = w.leg[k]["side"], s.leg[k]["planned"]
    wanted = side * (planned - walk["before"]) if planned == planned else 0.0
    filled = side * (s.leg[k]["filled"] - walk["before"])
    record_block(w, out, Turn(k, t, walk["at"]), wanted, filled, walk["why"])
    wait = w.leg[k]["wait"] if p.wait < 0 else p.wait
    small = s.leg[k]["filled"] == 0.0 and walk["why"] == _BELOW_LOT
    if small or line["done"] - s.past[k]["first_try"] >= wait:
        s.leg[k]["entering"] = 0


@compiled
def enter_inside(w: Windows, rules: Rules, s: State, out: Out, p: Point, t: int, lo: int) -> None:
    """All entries inside session t, from the first minute to the last; `lo`: where today's legs begin in `today`."""
    n = _queue_inside(w, s, t, lo)
    now = 0
    while n:
        now = DAY
        for j in range(n):
            k = s.queue[j]
            walk = s.walk[k]
            if s.leg[k]["entering"] != 0 and walk["next"] < walk["stop"]:
                start = w.minute[walk["next"]]["start"]
                now = start if start < now else now
        if now == DAY:
            break
        for j in range(n):
            k = s.queue[j]
            walk = s.walk[k]
            if s.leg[k]["entering"] != 0 and walk["next"] < walk["stop"]:
                bar = w.minute[walk["next"]]
                if bar["start"] == now:
                    walk["next"] += 1
                    _enter_in_bar(w, rules, s, out, p, Turn(k, t, now), bar)
    for j in range(n):
        _end_session(w, s, out, p, s.queue[j], t)
