"""Sessions of the lanes: each completed once all that happens in it is known, four at a time where they can be.

A session's sums are loaded and stored once for four of them, and one division gives four reciprocals of net asset
values; the processor's stores and divisions are what a row costs.
"""

from typing import Any

import numpy as np

from ...data.arrays import F8
from ..compiled.processor import higher, lower, pick, stored
from ..compiled.windows import Rules
from ..njit import compiled, inlined
from .memory import (
    CASH,
    CASH_IN,
    DOWNS,
    ENTERED,
    EQUITY,
    FLOOR,
    INVERSE,
    LANES,
    LEAST,
    LONG,
    NAV,
    NEED,
    OWED,
    PEAK,
    RETURNS,
    SHORT,
    SPARE,
    SQUARES,
    WIDTH,
    WORST,
    Batch,
)

INF = np.inf


@inlined
def _orders_spare(
    rows: F8, a: int, prior: F8, z: int, cash: float, nav: float, limits: tuple[float, float]
) -> Any:
    """What is left of cash, after borrow, and of margin by the orders of the row at `a`; without bounds where there are none.

    At `z` of `prior`: the row before it, at the end of which the NAV was `nav`; `limits`: collateral and max_gross.
    """
    short, need, entered = prior[z + SHORT], rows[a + NEED], rows[a + ENTERED]
    gross = prior[z + LONG] + short
    rest, room = cash - limits[0] * short - need, limits[1] * nav - (gross + entered)
    return lower(pick(need > 0.0, rest, INF), pick(entered > 0.0, room, INF))


@inlined
def _take_stock(m: F8, x: int, change: float, nav: float, inverse: float) -> None:
    """One row's return and NAV into the sums of lane x."""
    fall = lower(change, 0.0)
    m[RETURNS + x] += change
    m[SQUARES + x] += change * change
    m[DOWNS + x] += fall * fall
    m[EQUITY + x] += nav
    peak, floor = higher(nav, m[PEAK + x]), lower(inverse, m[FLOOR + x])
    m[PEAK + x], m[FLOOR + x] = stored(peak), stored(floor)
    m[WORST + x] = stored(higher(m[WORST + x], (peak - nav) * floor))


@inlined
def _clear(rows: F8, a: int, prior: F8, z: int, trades: bool) -> None:
    prior[z + LONG] = prior[z + SHORT] = rows[a + CASH_IN] = 0.0
    if trades:
        rows[a + NEED] = rows[a + ENTERED] = rows[a + OWED] = 0.0


@inlined
def _close_four(rows: F8, prior: F8, m: F8, rules: tuple[float, float, float], trades: bool) -> None:
    """Complete four rows; clear them for reuse, and the row `prior` to them."""
    limits, maintenance = (rules[0], rules[1]), rules[2]
    for x in range(LANES):
        a, b, c, d = x, WIDTH + x, 2 * WIDTH + x, 3 * WIDTH + x
        cash, last, spare = m[CASH + x], m[NAV + x], m[SPARE + x]
        if trades:
            cash -= rows[a + OWED]
            spare = lower(spare, _orders_spare(rows, a, prior, x, cash, last, limits))
        cash += rows[a + CASH_IN]
        first = cash + rows[a + LONG] - rows[a + SHORT]
        if trades:
            cash -= rows[b + OWED]
            spare = lower(spare, _orders_spare(rows, b, rows, a, cash, first, limits))
        cash += rows[b + CASH_IN]
        second = cash + rows[b + LONG] - rows[b + SHORT]
        if trades:
            cash -= rows[c + OWED]
            spare = lower(spare, _orders_spare(rows, c, rows, b, cash, second, limits))
        cash += rows[c + CASH_IN]
        third = cash + rows[c + LONG] - rows[c + SHORT]
        if trades:
            cash -= rows[d + OWED]
            spare = lower(spare, _orders_spare(rows, d, rows, c, cash, third, limits))
            m[SPARE + x] = stored(spare)
        cash += rows[d + CASH_IN]
        fourth = cash + rows[d + LONG] - rows[d + SHORT]
        least = lower(
            lower(
                first - maintenance * (rows[a + LONG] + rows[a + SHORT]),
                second - maintenance * (rows[b + LONG] + rows[b + SHORT]),
            ),
            lower(
                third - maintenance * (rows[c + LONG] + rows[c + SHORT]),
                fourth - maintenance * (rows[d + LONG] + rows[d + SHORT]),
            ),
        )
        m[LEAST + x] = stored(lower(m[LEAST + x], least))
        early, late = first * second, third * fourth
        one = 1.0 / (early * late)
        early, late = one * late, one * early
        inverse = m[INVERSE + x]
        _take_stock(m, x, (first - last) * inverse, first, early * second)
        _take_stock(m, x, (second - first) * (early * second), second, early * first)
        _take_stock(m, x, (third - second) * (early * first), third, late * fourth)
        _take_stock(m, x, (fourth - third) * (late * fourth), fourth, late * third)
        m[CASH + x], m[NAV + x], m[INVERSE + x] = cash, fourth, late * third
        _clear(rows, a, prior, x, trades)
        _clear(rows, b, rows, a, trades)
        _clear(rows, c, rows, b, trades)
        _clear(rows, d, rows, c, trades)


@compiled
def _close_four_trading(rows: F8, prior: F8, m: F8, rules: tuple[float, float, float]) -> None:
    _close_four(rows, prior, m, rules, True)


@compiled
def _close_four_quiet(rows: F8, prior: F8, m: F8, rules: tuple[float, float, float]) -> None:
    _close_four(rows, prior, m, rules, False)


@compiled
def _close_one(rows: F8, prior: F8, m: F8, rules: tuple[float, float, float]) -> None:
    """Complete one row; clear it for reuse, and the row `prior` to it."""
    for x in range(LANES):
        last = m[NAV + x]
        a = x
        cash = m[CASH + x] - rows[a + OWED]
        m[SPARE + x] = stored(
            lower(m[SPARE + x], _orders_spare(rows, a, prior, x, cash, last, (rules[0], rules[1])))
        )
        cash += rows[a + CASH_IN]
        nav = cash + rows[a + LONG] - rows[a + SHORT]
        m[LEAST + x] = stored(lower(m[LEAST + x], nav - rules[2] * (rows[a + LONG] + rows[a + SHORT])))
        inverse = 1.0 / nav
        _take_stock(m, x, (nav - last) * m[INVERSE + x], nav, inverse)
        m[CASH + x], m[NAV + x], m[INVERSE + x] = cash, nav, inverse
        _clear(rows, a, prior, x, True)


@inlined
def close_rows(b: Batch, rules: Rules, cursor: int, stop: int, busy: int) -> Any:
    """Complete the rows from `cursor` to `stop`; those past the one after `busy`, the last row touched, change nothing."""
    ring, m, traded, mask = b.ring, b.cells, b.traded, len(b.traded) - 1
    limits, end = (rules.collateral, rules.max_gross, rules.maintenance), min(stop, busy + 2)
    while cursor < end:
        at, before = cursor & mask, ((cursor - 1) & mask) * WIDTH
        o, prior = at * WIDTH, ring[before : before + WIDTH]
        if cursor + 4 <= end and at + 4 <= len(traded):
            if traded[at] | traded[at + 1] | traded[at + 2] | traded[at + 3]:
                _close_four_trading(ring[o : o + 4 * WIDTH], prior, m, limits)
                traded[at : at + 4] = 0
            else:
                _close_four_quiet(ring[o : o + 4 * WIDTH], prior, m, limits)
            cursor += 4
        else:
            _close_one(ring[o : o + WIDTH], prior, m, limits)
            traded[at] = 0
            cursor += 1
    if cursor < stop:
        idle = float(stop - cursor)
        for x in range(LANES):
            m[EQUITY + x] += idle * m[NAV + x]
    return max(cursor, stop)
