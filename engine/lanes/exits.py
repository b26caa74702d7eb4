"""A leg's exits in the lanes: when and at what price each lane leaves, and the money of it.

Lanes of one combination of rules leave together; the exits of one offset are booked in one pass over all lanes.
"""

from typing import Any

import numpy as np

from ...data.arrays import F8, I8, U8
from ..compiled.processor import pick
from ..compiled.windows import Windows, known_rate
from ..judge.costs import trade_cost
from ..njit import compiled, inlined
from . import deck as dk
from .costs import charge_all, commission_on, paid_for
from .deck import Deck
from .memory import (
    BAD,
    BLOCKS,
    CASH_IN,
    COST,
    COSTS,
    FX,
    KNOWN,
    LANES,
    LEAVES,
    NEED,
    NEEDED,
    PRICE,
    SHARES,
    TRADED,
    VALUE,
    WIDTH,
    Batch,
)
from .tables import BEYOND, NONE


@compiled
def _count_blocks(m: F8, of_lane: U8, blocked: I8, leaves: F8) -> None:
    """Add the exits that were blocked, and mark the lanes of which the exit is not known."""
    for x in range(LANES):
        c = of_lane[x]
        if m[SHARES + x] > 0.0:
            m[BLOCKS + x] += float(blocked[c])
            m[BAD + x] = 1.0 if leaves[c] == BEYOND else m[BAD + x]


@inlined
def find_exits(b: Batch, keys: I8, prices: F8, start: int) -> tuple[Any, Any]:
    """Offset and price at which each combination leaves; returns the last, and whether all leave as one.

    `keys`: the leg's in the deck; `prices` (2, R), of the deck; `start`: first row of the window.
    """
    last, rare, differ, before = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    numbers = b.numbers
    for c in range(b.combos[LANES]):
        key = min(
            min(keys[numbers[c, 0]], keys[numbers[c, 1]]), min(keys[numbers[c, 2]], keys[numbers[c, 3]])
        )
        leaves, blocked = (key >> dk.EXIT_SHIFT) & dk.FIELD, key & dk.FIELD
        b.price[c] = prices[(key >> dk.HOLD_SHIFT) & 1, start + leaves] if leaves < NONE else 0.0
        b.leaves[c], b.combos[c] = float(leaves), blocked
        rare |= blocked | np.int64(leaves == BEYOND)
        how = key >> dk.EXIT_SHIFT & dk.HOW
        differ |= (how ^ before) if c else 0
        before = how
        last = max(last, leaves)
    if rare:
        _count_blocks(b.cells, b.of_lane, b.combos, b.leaves)
    return last, differ == 0


@compiled
def spread(m: F8, of_lane: U8, leaves: F8, price: F8) -> None:
    """Each lane's exit from its combination's."""
    for x in range(LANES):
        c = of_lane[x]
        m[LEAVES + x], m[PRICE + x] = leaves[c], price[c]


@inlined
def _look_up(w: Windows, d: Deck, b: Batch, k: int, buy: bool) -> None:
    """What differs between the rows of exits: currency, room, and costs where the cost rules change."""
    m, start = b.cells, d.integers[k, dk.START]
    for x in range(LANES):
        if m[VALUE + x] <= 0.0:
            m[FX + x] = m[KNOWN + x] = 1.0
            continue
        line = w.order[start + int(m[LEAVES + x])]
        m[FX + x] = line["fx"]
        m[KNOWN + x] = known_rate(w, d.integers[k, dk.LEG], d.integers[k, dk.ROW] + int(m[LEAVES + x]))
        room = min(np.floor(line["allowed"] / d.floats[k, dk.CROWD]), line["max_order"])
        if m[SHARES + x] > room:
            m[BAD + x] = 1.0
        if not d.integers[k, dk.STEADY]:
            regime = line["cost_row"]
            one = trade_cost(w.tables.costs, regime, buy, m[PRICE + x], m[SHARES + x], np.inf)
            m[COST + x] = np.round((one.commission + one.stamp + one.levies) * 100.0)


@compiled
def _price_exits(m: F8, side: float, fx: float, rate: float, least: float) -> None:
    """Money that comes in when each lane leaves, into VALUE, and that must be there, into NEEDED."""
    for x in range(LANES):
        value = m[SHARES + x] * m[PRICE + x]
        paid = paid_for(value, commission_on(value, rate, least))
        m[COSTS + x] += paid * fx
        m[TRADED + x] += value * fx
        m[VALUE + x] = (side * value - paid) * fx
        m[NEEDED + x] = (value + paid) * fx


@compiled
def _price_exits_at_cost(m: F8, side: float) -> None:
    """_price_exits from VALUE at rate FX for COST."""
    for x in range(LANES):
        value, fx = m[VALUE + x], m[FX + x]
        paid = paid_for(value, m[COST + x])
        m[COSTS + x] += paid * fx
        m[TRADED + x] += value * fx
        m[VALUE + x] = (side * value - paid) * fx
        m[NEEDED + x] = (value + paid) * m[KNOWN + x]


@compiled
def _value_exits(m: F8, fx: float) -> None:
    for x in range(LANES):
        m[VALUE + x] = m[SHARES + x] * m[PRICE + x]
        m[FX + x] = m[KNOWN + x] = fx


@inlined
def price_all(w: Windows, d: Deck, b: Batch, k: int, tight: bool) -> None:
    """Money of the exits of leg k, at each lane's own price, rate and costs."""
    m, integers, floats, side = b.cells, d.integers[k], d.floats[k], d.floats[k, dk.SIDE]
    steady = integers[dk.STEADY] and not (tight or integers[dk.ACTS] or np.isnan(floats[dk.ONLY_FX]))
    if steady and integers[dk.CHEAP_EXIT]:
        _price_exits(m, side, floats[dk.ONLY_FX], floats[dk.RATE], floats[dk.LEAST])
        return
    _value_exits(m, floats[dk.ONLY_FX])
    charge_all(w.tables.costs, integers[dk.ENTRY_COSTS], side < 0.0, m)
    if not steady:
        _look_up(w, d, b, k, side < 0.0)
    _price_exits_at_cost(m, side)


@compiled
def _sell(row: F8, m: F8, leaves: float) -> None:
    """Book the exits at one offset."""
    for x in range(LANES):
        value = m[VALUE + x]
        row[CASH_IN + x] += pick(m[LEAVES + x] == leaves, value, 0.0)


@compiled
def _cover(row: F8, m: F8, leaves: float) -> None:
    """_sell for shorts, which need the money."""
    for x in range(LANES):
        gone, value, needed = m[LEAVES + x] == leaves, m[VALUE + x], m[NEEDED + x]
        row[CASH_IN + x] += pick(gone, value, 0.0)
        row[NEED + x] += pick(gone, needed, 0.0)


@inlined
def leave(b: Batch, t: int, last: int, side: float) -> None:
    """Book the exits of a leg whose window starts at row t, up to offset `last`."""
    mask = len(b.traded) - 1
    for c in range(b.combos[LANES]):
        if b.leaves[c] < NONE:
            b.due[int(b.leaves[c])] = 1
    for j in range(last + 1):
        if b.due[j]:
            at = (t + j) & mask
            row = b.ring[at * WIDTH : (at + 1) * WIDTH]
            if side > 0.0:
                _sell(row, b.cells, float(j))
            else:
                _cover(row, b.cells, float(j))
                b.traded[at] = 1
            b.due[j] = 0
