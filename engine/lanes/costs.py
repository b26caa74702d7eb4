"""What orders cost in the lanes: trade_cost for 64 numbers of shares at once, in cents."""

from typing import Any

import numpy as np

from ...data.arrays import F8
from ...data.rules.costs import COMMISSION, COMMISSION_MIN, FIRST_LEVY, STAMP_BUY, STAMP_SELL, STAMP_UNIT
from ..compiled.processor import higher, pick
from ..judge.costs import HALF
from ..njit import compiled, inlined
from .memory import COST, LANES, VALUE


@compiled
def charge_all(costs: F8, r: int, buy: bool, m: F8) -> None:
    """trade_cost in total, in cents, of the orders worth VALUE in each lane, into COST.

    A rule at a time, so that rules that charge nothing cost nothing. Orders of nothing may be charged: see `paid_for`.
    """
    rate, least = costs[r, COMMISSION], costs[r, COMMISSION_MIN] * 100.0
    for x in range(LANES):
        charge = np.floor(m[VALUE + x] * rate * 100.0 + HALF)
        m[COST + x] = charge if charge > least else least
    stamp = costs[r, STAMP_BUY] if buy else costs[r, STAMP_SELL]
    if stamp > 0.0 and costs[r, STAMP_UNIT] == 1.0:
        for x in range(LANES):
            m[COST + x] += np.ceil(m[VALUE + x] * stamp - 1e-7) * 100.0
    elif stamp > 0.0:
        for x in range(LANES):
            m[COST + x] += np.floor(m[VALUE + x] * stamp * 100.0 + HALF)
    for j in range(FIRST_LEVY, costs.shape[1], 4):
        rate, fixed, least, most = costs[r, j], costs[r, j + 1], costs[r, j + 2], costs[r, j + 3]
        if rate == 0.0 and fixed == 0.0 and least == 0.0:
            continue
        for x in range(LANES):
            charge = m[VALUE + x] * rate + fixed
            charge = charge if charge > least else least
            charge = charge if charge < most else most
            m[COST + x] += np.floor(charge * 100.0 + HALF)


@inlined
def paid_for(value: float, charge: float) -> Any:
    """Money of a charge in cents; nothing where nothing was traded."""
    return pick(value > 0.0, charge * 0.01, 0.0)


@inlined
def commission_on(value: float, rate: float, least: float) -> Any:
    """What an order costs in cents where only a commission is charged; `least` in cents."""
    return higher(np.floor(value * rate * 100.0 + HALF), least)
