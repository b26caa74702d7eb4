"""What a trade costs, by the arithmetic of one row of data/rules/costs.py."""

from typing import NamedTuple

import numpy as np

from ...data.arrays import F8
from ...data.rules.costs import COMMISSION, COMMISSION_MIN, FIRST_LEVY, STAMP_BUY, STAMP_SELL, STAMP_UNIT
from ..njit import compiled, inlined

HALF = 0.5 + 1e-7  # half a unit, with room for the noise of floating point


class Cost(NamedTuple):
    """Itemised cost of one trade, local currency."""

    commission: float
    stamp: float
    levies: float


@inlined
def cents(money: float) -> float:
    """Half-up to the cent."""
    return np.floor(money * 100.0 + HALF) / 100.0


@inlined
def _single_cost(costs: F8, r: int, buy: bool, value: float) -> Cost:
    # conditional expressions, here and wherever it is hot: of `max` numba makes ten instructions, to mind NaN
    commission, least = cents(value * costs[r, COMMISSION]), costs[r, COMMISSION_MIN]
    commission = commission if commission > least else least
    stamp = costs[r, STAMP_BUY] if buy else costs[r, STAMP_SELL]
    if stamp > 0.0:
        stamp = np.ceil(value * stamp - 1e-7) if costs[r, STAMP_UNIT] == 1.0 else cents(value * stamp)
    levies = 0.0  # each in whole cents, so that one division does for all
    j = FIRST_LEVY  # of a range with a step numba makes twenty instructions before the first levy
    while j < costs.shape[1]:
        rate, fixed, least, most = costs[r, j], costs[r, j + 1], costs[r, j + 2], costs[r, j + 3]
        j += 4
        if rate != 0.0 or fixed != 0.0 or least != 0.0:
            levy = value * rate + fixed
            levy = levy if levy > least else least
            levies += np.floor((levy if levy < most else most) * 100.0 + HALF)
    return Cost(commission, stamp, levies / 100.0 if levies > 0.0 else 0.0)


@compiled
def _split_cost(costs: F8, r: int, buy: bool, price: float, shares: float, max_order: float) -> Cost:
    """Cost of an order too large for the exchange: full orders, and one for the rest."""
    full = np.floor(shares / max_order)
    whole = _single_cost(costs, r, buy, price * max_order)
    rest = shares - full * max_order
    last = _single_cost(costs, r, buy, price * rest) if rest > 0.0 else Cost(0.0, 0.0, 0.0)
    return Cost(
        full * whole.commission + last.commission,
        full * whole.stamp + last.stamp,
        full * whole.levies + last.levies,
    )


@inlined
def trade_cost(costs: F8, r: int, buy: bool, price: float, shares: float, max_order: float) -> Cost:
    """Cost of trading `shares` > 0 at `price` under cost row `r`; more than `max_order` goes as several orders."""
    if shares <= max_order:
        return _single_cost(costs, r, buy, price * shares)
    return _split_cost(costs, r, buy, price, shares, max_order)


@compiled
def cost_anew(costs: F8, r: int, buy: bool, price: float, shares: float, max_order: float) -> Cost:
    """trade_cost where it is rarely asked for: not compiled into its callers, whose compilation takes long enough."""
    return trade_cost(costs, r, buy, price, shares, max_order)
