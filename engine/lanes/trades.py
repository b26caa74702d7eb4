"""One leg in the lanes: its shares, its entry, and the sessions that it is held.

Each pass over the lanes does as much as it can between loading and storing, since storing is what a pass costs. What is
called for every leg takes arrays, not tuples of them: those would be copied onto the stack at each call. `_nrt=False`
leaves out the reference counts of array views, which cost more than the arithmetic; nothing here allocates.
"""

from typing import Any

import numpy as np

from ...data.arrays import F8, I8
from ..compiled.processor import lower, pick, stored
from ..compiled.windows import Rules, Windows, known_rate
from ..judge.exits import after_action
from ..judge.records import EPS
from ..njit import compiled, inlined
from . import deck as dk
from .costs import charge_all, commission_on, paid_for
from .deck import Deck
from .exits import find_exits, leave, price_all, spread
from .memory import (
    BAD,
    BLOCKS,
    CASH_IN,
    COST,
    COSTS,
    ENTERED,
    FILLS,
    LANES,
    LEAVES,
    LONG,
    NAV,
    NEED,
    OWED,
    PRICE,
    SCALE,
    SHARES,
    SHORT,
    TRADED,
    VALUE,
    WAIT,
    WIDTH,
    Batch,
)
from .tables import NONE


@compiled
def _size(integers: I8, floats: F8, m: F8) -> tuple[int, int]:
    """Shares of the leg in every lane; how many lanes hold it, and how many may want more than there is room for."""
    part, lot_min, lot_step = floats[dk.PART], floats[dk.LOT_MIN], floats[dk.LOT_STEP]
    room = min(floats[dk.ENTRY_ROOM], floats[dk.LEAST_ROOM])
    tries, sessions = float(integers[dk.TRIES]), float(integers[dk.SESSIONS])
    steps = 1.0 / lot_step
    held = crowded = 0
    for x in range(LANES):
        raw = part * m[SCALE + x] * m[NAV + x]
        lots = lot_min + np.floor((raw - lot_min) * steps + EPS) * lot_step
        shares = pick(raw >= lot_min - EPS, lots, 0.0)
        held += int(shares > 0.0)
        crowded += int(shares > room)
        m[SHARES + x] = shares
    if held == LANES and not crowded and integers[dk.EASY]:
        return held, crowded
    room = floats[dk.ENTRY_ROOM]
    never, plain = integers[dk.OFFSET] >= NONE, integers[dk.PLAIN] != 0
    held = 0
    for x in range(LANES):
        wait, shares = m[WAIT + x], m[SHARES + x]
        tried = pick(shares > 0.0, tries, tries + 1.0)  # less than a lot is one more block, and the last
        m[BLOCKS + x] += pick(wait >= tries, tried, lower(wait + 1.0, sessions))
        shares = pick(wait >= tries, shares, 0.0)
        m[SHARES + x] = shares
        unsure = (shares > room) | (((shares > 0.0) | never) & (not plain))
        m[BAD + x] = stored(pick(unsure, 1.0, m[BAD + x]))
        held += int(shares > 0.0)
    return held, crowded


@compiled
def _value_entries(m: F8, price: float) -> None:
    for x in range(LANES):
        m[VALUE + x] = m[SHARES + x] * price


@inlined
def _enter(row: F8, m: F8, floats: F8, backing: float, commission: tuple[float, float], given: bool) -> None:
    """Book an entry, for COST where that is `given`."""
    price, fx, side, known = floats[dk.ENTRY_PRICE], floats[dk.ENTRY_FX], floats[dk.SIDE], floats[dk.KNOWN_FX]
    for x in range(LANES):
        value = m[SHARES + x] * price
        charge = m[COST + x] if given else commission_on(value, commission[0], commission[1])
        paid = paid_for(value, charge)
        row[CASH_IN + x] -= (side * value + paid) * fx
        row[NEED + x] += (backing * value + paid) * known
        row[ENTERED + x] += value * known
        m[COSTS + x] += paid * fx
        m[TRADED + x] += value * fx


@compiled
def _enter_plain(row: F8, m: F8, floats: F8, backing: float, rate: float, least: float) -> None:
    _enter(row, m, floats, backing, (rate, least), False)


@compiled
def _enter_at_cost(row: F8, m: F8, floats: F8, backing: float) -> None:
    _enter(row, m, floats, backing, (0.0, 0.0), True)


@inlined
def _buy_in(w: Windows, rules: Rules, d: Deck, b: Batch, k: int) -> None:
    """Book the entry of leg k in the lanes that have SHARES of it."""
    m, integers, floats = b.cells, d.integers[k], d.floats[k]
    side, at = floats[dk.SIDE], (integers[dk.ROW] + integers[dk.OFFSET]) & (len(b.traded) - 1)
    row, backing = b.ring[at * WIDTH : (at + 1) * WIDTH], 1.0 if side > 0.0 else rules.collateral
    b.traded[at] = 1
    if integers[dk.CHEAP_ENTRY]:
        _enter_plain(row, m, floats, backing, floats[dk.RATE], floats[dk.LEAST])
    else:
        _value_entries(m, floats[dk.ENTRY_PRICE])
        charge_all(w.tables.costs, integers[dk.ENTRY_COSTS], side > 0.0, m)
        _enter_at_cost(row, m, floats, backing)


@compiled
def _count_fills(m: F8) -> None:
    """One fill more where the leg is held, and one more where it leaves."""
    for x in range(LANES):
        fills = 2.0 if m[LEAVES + x] < NONE else 1.0
        m[FILLS + x] += fills if m[SHARES + x] > 0.0 else 0.0


@compiled
def _hold_until(row: F8, m: F8, worth: float, until: float) -> None:
    """Add `worth` of each share to one row in the lanes that leave later."""
    for x in range(LANES):
        value = m[SHARES + x] * worth
        row[x] += pick(until < m[LEAVES + x], value, 0.0)


@compiled
def _hold(ring: F8, m: F8, worth: F8, place: tuple[int, int], j: int, last: int) -> None:
    """Add the value of the leg's shares to its rows from offset j to `last`, in the lanes that leave later.

    `worth`: of a share, from the start of the window; `place`: row of the start, and LONG or SHORT.
    """
    rows = len(ring) // WIDTH
    while j < last:
        at = (place[0] + j) & (rows - 1)
        o = at * WIDTH + place[1]
        if at + 4 > rows or j + 4 > len(worth):
            _hold_until(ring[o : o + LANES], m, worth[j], float(j))
            j += 1
            continue
        four, until = ring[o : o + 3 * WIDTH + LANES], float(j)
        first, second, third, fourth = worth[j], worth[j + 1], worth[j + 2], worth[j + 3]
        for x in range(LANES):
            shares, left = m[SHARES + x], m[LEAVES + x] - until
            a, b, c, d = shares * first, shares * second, shares * third, shares * fourth
            four[x] += pick(left > 0.0, a, 0.0)
            four[WIDTH + x] += pick(left > 1.0, b, 0.0)
            four[2 * WIDTH + x] += pick(left > 2.0, c, 0.0)
            four[3 * WIDTH + x] += pick(left > 3.0, d, 0.0)
        j += 4


@inlined
def _owe(b: Batch, owed: F8, t: int, first: int, last: int) -> None:
    """Add what the leg's borrow costs the night after each of its rows."""
    for j in range(first, last):
        at = (t + j + 1) & (len(b.traded) - 1)
        o = at * WIDTH + OWED
        _hold_until(b.ring[o : o + LANES], b.cells, owed[j], float(j))
        b.traded[at] = 1


@inlined
def _act(w: Windows, b: Batch, r: int, j: int, a: int, side: float, known: float) -> None:
    """The corporate action `a` at offset j, row r of the windows, in the lanes that still hold the leg; `known`: the rate
    that orders of its row are decided at."""
    m = b.cells
    terms = (w.action_terms[a, 0], w.action_terms[a, 1], w.action_terms[a, 2])
    price, fx = w.action_terms[a, 3], w.order[r]["fx"]
    at = w.action_row[a] & (len(b.traded) - 1)
    row = b.ring[at * WIDTH : (at + 1) * WIDTH]
    if side < 0.0:
        b.traded[at] = 1
    for x in range(LANES):
        if m[SHARES + x] > 0.0 and m[LEAVES + x] >= j:
            after = after_action(side * m[SHARES + x], 0.0, 0.0, terms, price)
            kept, received = abs(after.shares), after.cash * fx
            row[CASH_IN + x] += received
            if received < 0.0:  # a short pays what its code pays
                row[NEED + x] -= after.cash * known
            if kept <= 0.0:
                m[BAD + x] = 1.0
            m[SHARES + x] = kept


@inlined
def _hold_through_actions(w: Windows, d: Deck, b: Batch, k: int, last: int) -> None:
    """_hold and _owe for a leg whose code has corporate actions within its window."""
    integers, side = d.integers[k], d.floats[k, dk.SIDE]
    start, t, first, part = (
        integers[dk.START],
        integers[dk.ROW],
        integers[dk.OFFSET],
        LONG if side > 0.0 else SHORT,
    )
    for j in range(first, min(last + 1, integers[dk.LENGTH])):
        if d.action[start + j] >= 0 and (j > first or j == last):
            known = known_rate(w, integers[dk.LEG], t + j)
            _act(w, b, start + j, j, d.action[start + j], side, known)
        if j < last:
            at = (t + j) & (len(b.traded) - 1)
            o = at * WIDTH + part
            _hold_until(b.ring[o : o + LANES], b.cells, w.worth[start + j], float(j))
            if side < 0.0:
                _owe(b, w.owed[start:], t, j, j + 1)


@inlined
def trade(w: Windows, rules: Rules, d: Deck, b: Batch, k: int) -> Any:
    """Leg k from its sizing to its exit.

    Returns the last row that it touches, −1 where no lane holds it, and the fills that every lane had.
    """
    m, integers, floats = b.cells, d.integers[k], d.floats[k]
    held, crowded = _size(integers, floats, m)
    if held == 0:
        return -1, 0
    side, start, t, entry = floats[dk.SIDE], integers[dk.START], integers[dk.ROW], integers[dk.OFFSET]
    _buy_in(w, rules, d, b, k)
    last, as_one = find_exits(b, d.keys[k], d.prices, start)
    end = min(last, integers[dk.LENGTH])
    if as_one:
        m[LEAVES : LEAVES + LANES] = b.leaves[0]
        m[PRICE : PRICE + LANES] = b.price[0]
    else:
        spread(m, b.of_lane, b.leaves, b.price)
    fills = 2
    if held < LANES or last >= NONE:
        _count_fills(m)
        fills = 0
    if integers[dk.ACTS]:
        _hold_through_actions(w, d, b, k, end)
    else:
        _hold(b.ring, m, w.worth[start:], (t, LONG if side > 0.0 else SHORT), entry, end)
        if floats[dk.OWES] > 0.0:
            _owe(b, w.owed[start:], t, entry, end)
    price_all(w, d, b, k, crowded > 0)
    leave(b, t, min(end, integers[dk.LENGTH] - 1), side)
    return t + end, fills
